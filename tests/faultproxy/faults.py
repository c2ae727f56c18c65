"""What can happen to a connection on its way."""

from __future__ import annotations

from enum import Enum
from typing import Final

import attrs


class Way(Enum):
    """A direction, as the one sees it who dialled."""

    UP = "up"
    DOWN = "down"


UP: Final = Way.UP
DOWN: Final = Way.DOWN


class Kind(Enum):
    """What a fault does.

    Each but `CUT` and `CLOSE` concerns one way, and takes effect where that way's bytes leave the
    proxy.
    """

    CUT = "cut"
    """Break the connection: both ends get a reset."""
    CLOSE = "close"
    """Close it in good order, wherever that is in what was being said: a truncation."""
    STALL = "stall"
    """Hold everything back for ``amount`` seconds; 0 is until the proxy is healed."""
    SWALLOW = "swallow"
    """Let nothing through ever again, and break nothing: a half-open connection."""
    DELAY = "delay"
    """Let every byte arrive ``amount`` seconds later, in order."""
    RATE = "rate"
    """Let through ``amount`` bytes a second."""
    FLIP = "flip"
    """Change one bit of the next byte. For hostile bytes alone, where nothing detects it."""


@attrs.frozen
class Fault:
    """A fault, and where it strikes.

    Attributes:
        kind: what it does.
        amount: seconds or bytes a second, as its kind says.
        way: which way; None for both.
        after: how many bytes of a way pass before it strikes.
    """

    kind: Kind
    amount: float = attrs.field(default=0.0, validator=attrs.validators.ge(0.0))
    way: Way | None = None
    after: int = attrs.field(default=0, validator=attrs.validators.ge(0))

    def __attrs_post_init__(self) -> None:
        """Refuse a rate at which nothing ever passes."""
        if self.kind is Kind.RATE and not self.amount:
            raise ValueError("a rate of 0 is a stall")

    def __str__(self) -> str:
        """Return what strikes, as a command would say it."""
        return f"{self.kind.value} {self.amount:g}" if self.amount else self.kind.value
