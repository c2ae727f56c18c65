"""What goes wrong, and when. Times are virtual seconds since the simulation began."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import attrs

from partywire import Node

Program = Callable[[Node], Awaitable[Any]]
"""What a party does, with its node open."""


@attrs.frozen
class Partition:
    """Nothing passes between ``parties`` and all others; see `Simulation.partition`."""

    parties: tuple[str, ...]
    at: float
    until: float | None
    breaks_after: float

    def parts(self, one: str, other: str) -> bool:
        """Tell whether the two are on different sides."""
        return (one in self.parties) != (other in self.parties)


@attrs.frozen
class HalfOpen:
    """What ``source`` sends to ``target`` vanishes; see `Simulation.half_open`."""

    source: str
    target: str
    at: float
    until: float | None


@attrs.frozen
class Crash:
    """A party's node dies at a time or in a round; see `Simulation.crash`."""

    party: str
    at: float | None
    round: int | None
    restart_after: float | None
    program: Program | None = attrs.field(default=None, eq=False)


Fault = Partition | HalfOpen | Crash
_KINDS: Final[Mapping[str, type[Fault]]] = {
    "partition": Partition,
    "half-open": HalfOpen,
    "crash": Crash,
}


def plain(fault: Fault) -> dict[str, Any]:
    """Return a fault as plain values, without its program."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(fault, kind))
    values = attrs.asdict(fault, filter=lambda field, _: field.name != "program")
    return {"kind": kind, **values}


def fault_of(values: Mapping[str, Any]) -> Fault:
    """Return the fault of plain values."""
    kind = _KINDS[values["kind"]]
    facts = {name: value for name, value in values.items() if name != "kind"}
    if "parties" in facts:
        facts["parties"] = tuple(facts["parties"])
    return kind(**facts)
