"""``partywire certificate`` takes no impostor that a node would refuse, and shows all of them."""

from __future__ import annotations

import re
from ssl import DER_cert_to_PEM_cert
from time import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire_cli.main import main
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import Town, town

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

NEEDS_THE_ROSTER = {
    name for name, each in IMPOSTORS.items() if "names another party" in each.refused
}


@pytest.fixture(scope="module")
def place() -> Town:
    return town(time())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["certificate", *map(str, arguments)])


@pytest.mark.parametrize("name", IMPOSTORS)
def test_check_refuses_whom_a_node_refuses(name: str, place: Town, tmp_path: Path) -> None:
    impostor, keys = IMPOSTORS[name], place.written(tmp_path)
    file = tmp_path / "shown.crt"
    file.write_text(DER_cert_to_PEM_cert(impostor.make(place).der))
    anchor = keys[impostor.party]["certificate"]
    result = run("check", file, "--party", impostor.party, "--anchor", anchor)
    if name in NEEDS_THE_ROSTER:
        assert result.exit_code == 0
        return
    assert result.exit_code == 1, result.output
    assert re.search(impostor.refused, result.output)
    assert result.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", IMPOSTORS)
def test_show_escapes_whatever_it_can_read(name: str, place: Town, tmp_path: Path) -> None:
    file = tmp_path / "shown.crt"
    file.write_bytes(IMPOSTORS[name].make(place).pem)
    result = run("show", file)
    assert result.exit_code in (0, 1)
    assert ("SHA-256" in result.output) != ("Error: " in result.output)
    assert result.output.replace("\n", "").isprintable()
