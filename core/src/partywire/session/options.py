"""What a program may choose, held against what there is to choose from."""

import math
from collections.abc import Sequence
from typing import Literal

from partywire.errors import OptionInvalid

OnFailure = Literal["raise", "collect"]


def one_of(option: str, value: str, allowed: Sequence[str]) -> str:
    """Return a value that is one of those allowed; raise `OptionInvalid` for anything else."""
    if value not in allowed:
        raise OptionInvalid(option, "one of: " + ", ".join(allowed))
    return value


def seconds(option: str, value: float) -> float:
    """Return a length of time: 0 or more seconds, and not endless; else raise `OptionInvalid`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OptionInvalid(option, f"a number of seconds, not {type(value).__name__}")
    if not (math.isfinite(value) and value >= 0):
        raise OptionInvalid(option, "a finite number of seconds, 0 or more")
    return float(value)


def at_least(value: int | None, peers: int) -> int | None:
    """Return how many answers are enough; raise `OptionInvalid` for what can never be."""
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= peers:
        raise OptionInvalid("at_least", f"an int from 0 to {peers}, the number of peers asked")
    return value
