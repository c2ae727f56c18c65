"""The reference lists every promise of every contract, in the words of its test, and no other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from partywire import testing

if TYPE_CHECKING:
    from partywire.testing import Contract

PAGE = Path(__file__).parents[2] / "docs/reference/testing.md"
CONTRACTS = [name for name in testing.__all__ if name.endswith("Contract") and name != "Contract"]


def row(contract: type[Contract], test: str) -> str:
    """The line of the page for a promise: its name as words, what its docstring adds, its test."""
    words = test.removeprefix("test_").replace("_", " ")
    text = " ".join((inspect.getdoc(getattr(contract, test)) or "").split())
    return f"| {words} | {text} | `{test}` |"


def rows(contract: type[Contract]) -> list[str]:
    """In the order of the groups, and within them of the source; the guard is of all contracts."""
    guard = "test_no_promise_is_overridden_silently"
    groups = [base for base in contract.__mro__ if base.__module__.startswith("partywire.testing.")]
    return [
        row(contract, test)
        for group in groups
        for test in vars(group)
        if test in contract.promises() and test != guard
    ]


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_page_lists_the_promises(name: str) -> None:
    section = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    (own,) = [text for text in section if text.startswith(f"`{name}`")]
    listed = [line for line in own.splitlines() if line.endswith("` |")]
    assert listed == rows(getattr(testing, name))
