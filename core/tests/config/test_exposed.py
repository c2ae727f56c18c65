"""Files that others can change: what is said of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from partywire.config.exposed import exposed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")


@pytest.mark.parametrize(("name", "said"), [("bär.crt", "bär.crt"), ("\x1b[2J\n", r"\x1b[2J\n")])
def test_a_name_that_no_terminal_should_be_given_is_escaped(
    tmp_path: Path, name: str, said: str
) -> None:
    file = tmp_path / name
    file.touch()
    file.chmod(0o600)
    assert exposed(file) is None
    file.chmod(0o646)
    warning = exposed(file)
    assert warning is not None
    assert warning.isprintable()
    assert warning.endswith(f"chmod go-w {tmp_path}/{said}")
