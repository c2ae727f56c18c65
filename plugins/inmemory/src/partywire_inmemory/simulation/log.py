"""What happened in a simulation, event by event; never a payload."""

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import attrs
from attrs.validators import instance_of

from partywire.errors import Malformed

MOST_EVENTS: Final = 1_000_000


@attrs.frozen
class Event:
    """One thing that happened.

    Attributes:
        time: virtual seconds since the simulation began.
        what: what happened, in a word or two.
        source: the party that did it, or where the frame comes from.
        target: the other party, or empty.
        frame: the kind of frame, or empty.
        size: bytes of the frame.
        sessions: by session id (32 hexadecimal digits) the payload bytes that the frame carries.
        note: anything else, for people.
    """

    time: float = attrs.field(validator=instance_of((int, float)))
    what: str = attrs.field(validator=instance_of(str))
    source: str = attrs.field(default="", validator=instance_of(str))
    target: str = attrs.field(default="", validator=instance_of(str))
    frame: str = attrs.field(default="", validator=instance_of(str))
    size: int = attrs.field(default=0, validator=instance_of(int))
    sessions: Mapping[str, int] = attrs.field(factory=dict, validator=instance_of(dict))
    note: str = attrs.field(default="", validator=instance_of(str))

    def __str__(self) -> str:
        """Return one line."""
        who = f"{self.source} > {self.target}" if self.target else self.source
        parts = [f"{self.time:12.6f}", f"{self.what:<12}", who]
        if self.frame:
            parts.append(f"{self.frame}, {self.size} bytes")
        parts += [
            f"[{session.lstrip('0') or '0'}: {held}]" for session, held in self.sessions.items()
        ]
        return "  ".join([*parts, self.note] if self.note else parts)


@attrs.frozen
class Difference:
    """The first event in which two logs differ; None where one of them has ended.

    Attributes:
        index: how many events before it are equal.
        here: the event in this log.
        there: the event in the other one.
    """

    index: int
    here: Event | None
    there: Event | None

    def __str__(self) -> str:
        """Return both events."""
        return f"event {self.index} differs:\n  here:  {self.here}\n  there: {self.there}"


class Log:
    """The events of one simulation, with its scenario.

    A sequence of `Event`; printed, it has a line for each. It keeps the first million and counts
    the others.

    Attributes:
        scenario: parties, seed, links and faults, as plain values.
        dropped: how many events came after the log was full.
    """

    def __init__(self, scenario: Mapping[str, Any], events: list[Event] | None = None) -> None:
        """Start with these events, or none."""
        self.scenario: Mapping[str, Any] = scenario
        self.dropped: int = 0
        self._events: list[Event] = events if events is not None else []

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        """Go through the events in order."""
        return iter(self._events)

    def __getitem__(self, index: int) -> Event:
        """Return one event."""
        return self._events[index]

    def __str__(self) -> str:
        """Return a line for each event."""
        return "\n".join(map(str, self._events))

    def add(self, event: Event) -> None:
        """Append an event."""
        if len(self._events) < MOST_EVENTS:
            self._events.append(event)
        else:
            self.dropped += 1

    def difference(self, other: "Log") -> Difference | None:
        """Return where another log begins to differ from this one, or None where they are equal."""
        for index, (here, there) in enumerate(zip_longest(self, other)):
            if here != there:
                return Difference(index, here, there)
        return None

    def save(self, path: str | Path) -> None:
        """Write the scenario and then the events, as JSON, one a line. Blocks."""
        lines = [json.dumps(self.scenario), *(json.dumps(_plain(event)) for event in self)]
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Log":
        """Read what `save` wrote. Blocks.

        Raises:
            Malformed: the file holds anything else. Whether its scenario can be run,
                `Simulation.again` says.
            OSError: it cannot be read.
        """
        number = 0
        try:
            header, *lines = Path(path).read_bytes().decode().splitlines() or [""]
            scenario, events = _table(header), []
            for line in lines:
                number += 1
                events.append(Event(**_table(line)))
        except (ValueError, TypeError, RecursionError) as error:
            problem = f"line {number + 1} is not what save() wrote ({type(error).__name__})"
            raise Malformed("log of a simulation", problem) from None
        return cls(scenario, events)


def _table(line: str) -> dict[str, Any]:
    values = json.loads(line)
    if not isinstance(values, dict):
        raise TypeError(type(values).__name__)
    return values


def _plain(event: Event) -> dict[str, Any]:
    """Return what of an event is not as always."""
    fields = attrs.asdict(event)
    return {name: value for name, value in fields.items() if value or name == "time"}
