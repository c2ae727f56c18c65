"""What the author of a test gives a simulation, held against what there can be."""

from collections.abc import Mapping, Sequence
from math import isfinite

import anyio.lowlevel

from partywire.errors import OptionInvalid
from partywire_inmemory.parties import party_names


def parties_of(given: int | Sequence[str]) -> tuple[str, ...]:
    """Return party ids, or raise `OptionInvalid`; whether each is a party id the config says."""
    names: tuple[str, ...] = ()
    if type(given) is int:
        names = party_names(given)
    elif isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        names = tuple(given)
    if len(names) < 2:
        raise OptionInvalid("parties", "an int from 2, or a list of at least two party ids")
    return names


def int_of(option: str, value: int) -> int:
    """Return an int, or raise `OptionInvalid`."""
    if type(value) is not int:
        raise OptionInvalid(option, f"an int, not {type(value).__name__}")
    return value


def round_of(value: int) -> int:
    """Return the number of a round, or raise `OptionInvalid`."""
    if int_of("round", value) < 0:
        raise OptionInvalid("round", "an int from 0, which is the first round")
    return value


def ahead_of(value: object) -> float:
    """Return how far a clock is ahead, below 0 if it is behind, or raise `OptionInvalid`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise OptionInvalid("seconds", "a finite number, below 0 for a clock that is behind")
    return value


def check_programs(programs: object, parties: Sequence[str]) -> None:
    """Raise `OptionInvalid` for what is neither a program nor programs by party."""
    by_party = programs if isinstance(programs, Mapping) else {parties[0]: programs}
    strangers = [party for party in by_party if party not in parties]
    if strangers:
        allowed = f"for some of {', '.join(parties)}; nobody is {strangers[0]!r}"
        raise OptionInvalid("a mapping of programs", allowed)
    if not by_party:
        raise OptionInvalid("a mapping of programs", "for at least one party")
    for program in by_party.values():
        if not callable(program):
            kind = type(program).__name__
            allowed = f"an async function that takes a node, or a mapping of such, not {kind}"
            raise OptionInvalid("a program", allowed)


def refuse_event_loop() -> None:
    """Raise `OptionInvalid` where an event loop runs."""
    try:
        anyio.lowlevel.current_token()
    except RuntimeError:
        return
    raise OptionInvalid(
        "run",
        "called where no event loop runs; within one on virtual time (virtual_backend) use "
        "'async with simulation', start() and finish()",
    )
