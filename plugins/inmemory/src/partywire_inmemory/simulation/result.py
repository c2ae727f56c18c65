"""What came of a simulation."""

from collections.abc import Iterable
from typing import Any

import attrs

from partywire_inmemory.simulation.faults import Fault
from partywire_inmemory.simulation.lives import Life
from partywire_inmemory.simulation.log import Log


@attrs.frozen
class Result:
    """What came of a simulation.

    Attributes:
        returned: by party, what its program returned.
        raised: by party, what its program raised.
        crashed: the parties that crashed and did not come back.
        undelivered: by party, what its node could not deliver until the end: (session, party,
            messages).
        missed: the faults that were planned and never happened, because the run was over before or
            the party was dead already. A test that means one looks that this is empty.
        seconds: how much virtual time passed.
        log: what happened.
    """

    returned: dict[str, Any]
    raised: dict[str, Exception]
    crashed: tuple[str, ...]
    undelivered: dict[str, tuple[tuple[int, str, int], ...]]
    missed: tuple[Fault, ...]
    seconds: float
    log: Log

    def values(self) -> dict[str, Any]:
        """Return what the programs returned; raise, as a group, what any of them raised."""
        if self.raised:
            raise ExceptionGroup(", ".join(self.raised), list(self.raised.values()))
        return self.returned


def result_of(lives: Iterable[Life], missed: tuple[Fault, ...], seconds: float, log: Log) -> Result:
    """Return what came of the last lives of all parties."""
    every = list(lives)
    ended = [life for life in every if not life.crashed]
    return Result(
        returned={life.party: life.returned for life in ended if life.raised is None},
        raised={life.party: life.raised for life in ended if life.raised is not None},
        crashed=tuple(life.party for life in every if life.crashed),
        undelivered={life.party: life.undelivered for life in ended if life.undelivered},
        missed=missed,
        seconds=seconds,
        log=log,
    )
