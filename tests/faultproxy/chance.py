"""Faults by chance. The same seed gives each connection the same faults after the same bytes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from tests.faultproxy.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faultproxy.faults import Way

KINDS: Final[Mapping[Kind, int]] = {
    Kind.CUT: 4,
    Kind.CLOSE: 2,
    Kind.STALL: 4,
    Kind.SWALLOW: 1,
    Kind.DELAY: 2,
    Kind.RATE: 1,
}
"""The kinds of fault that a link has to bear without a change of a byte, and how often each."""

EVERY: Final = 200_000
"""Bytes of one way between two faults, on the average."""


@attrs.frozen
class Chances:
    """How much goes wrong.

    Attributes:
        seed: repeats it. Faults go by the number of the connection and the bytes that have passed,
            and not by the time.
        every: bytes of one way between two faults, on the average.
        kinds: what may strike, and how often each beside the others.
        longest: seconds of a stall, at most; a delay is at most a tenth of it.
        least_rate: bytes a second that pass at least.
    """

    seed: int | str
    every: int = EVERY
    kinds: Mapping[Kind, int] = KINDS
    longest: float = 0.2
    least_rate: float = 1e6

    def __str__(self) -> str:
        """Return what repeats it."""
        kinds = " ".join(f"{kind.value}={weight}" for kind, weight in self.kinds.items())
        return f"seed={self.seed} every={self.every} longest={self.longest:g} {kinds}"

    def fate(self, connection: int, way: Way) -> Iterator[Fault]:
        """Return the faults of one way of a connection, each after the one before it."""
        chance = random.Random(f"{self.seed}/{connection}/{way.value}")
        kinds, weights = list(self.kinds), list(self.kinds.values())
        while True:
            after = round(chance.expovariate(1 / self.every))
            kind = chance.choices(kinds, weights)[0]
            yield Fault(kind, self._amount(kind, chance.random()), way, after)

    def _amount(self, kind: Kind, share: float) -> float:
        if kind is Kind.STALL:
            return max(share, 0.01) * self.longest
        if kind is Kind.DELAY:
            return share * self.longest / 10
        return self.least_rate * (1 + 9 * share) if kind is Kind.RATE else 0.0
