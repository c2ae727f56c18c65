"""Clocks that are wrong, for what has to read none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

OTHER_TIMES: Final = (0.0, 4_000_000_000.0)
"""Seconds since 1970."""
_CLOCKS: Final = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter")


@contextmanager
def clock_at(seconds: float) -> Iterator[None]:
    """Let the clock of this process stand at another time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _CLOCKS:
            patch.setattr(time, name, lambda *_: seconds)
        yield
