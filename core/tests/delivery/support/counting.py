"""Work is counted in calls, and never in seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def calls_of(action: Callable[[], object]) -> int:
    """Return how many calls an action makes, of functions in Python and in C."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return calls


def assert_linear(cost: Callable[[int], int], size: int = 100) -> None:
    """Check that four times as much costs about four times as many calls, and not sixteen times."""
    small, large = cost(size), cost(4 * size)
    assert large < 6 * small, f"{small} calls for {size}, {large} for {4 * size}"
