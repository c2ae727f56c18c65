"""The life of a session at one node, as a table.

UNKNOWN ──early──> EARLY ──expire──> UNKNOWN
UNKNOWN, EARLY ──open──> OPEN ──leave──> LINGERING ──drained──> FINISHED
OPEN ──abort──> ABORTED                  LINGERING ──expire──> UNDELIVERED
FINISHED, ABORTED, UNDELIVERED ──forget──> UNKNOWN
"""

from enum import Enum

from partywire.delivery.records import Status


class State(Enum):
    """What a session is at this node."""

    UNKNOWN = "unknown"
    EARLY = "early"
    OPEN = "open"
    LINGERING = "lingering"
    FINISHED = "finished"
    ABORTED = "aborted"
    UNDELIVERED = "left with messages undelivered"


class Event(Enum):
    """What happens to it."""

    EARLY = "a message came before the session was opened"
    OPEN = "opened here"
    LEAVE = "left in good order"
    ABORT = "left by an error"
    DRAINED = "everything was delivered"
    EXPIRE = "time ran out"
    FORGET = "too old or too many"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.UNKNOWN, Event.EARLY): State.EARLY,
    (State.EARLY, Event.EARLY): State.EARLY,
    (State.EARLY, Event.EXPIRE): State.UNKNOWN,
    (State.UNKNOWN, Event.OPEN): State.OPEN,
    (State.EARLY, Event.OPEN): State.OPEN,
    (State.OPEN, Event.LEAVE): State.LINGERING,
    (State.OPEN, Event.ABORT): State.ABORTED,
    (State.LINGERING, Event.DRAINED): State.FINISHED,
    (State.LINGERING, Event.EXPIRE): State.UNDELIVERED,
    (State.FINISHED, Event.FORGET): State.UNKNOWN,
    (State.ABORTED, Event.FORGET): State.UNKNOWN,
    (State.UNDELIVERED, Event.FORGET): State.UNKNOWN,
}

ANSWERS: dict[State, Status] = {
    State.UNKNOWN: Status.INACTIVE,
    State.EARLY: Status.INACTIVE,
    State.OPEN: Status.ACTIVE,
    State.LINGERING: Status.COMPLETED,
    State.FINISHED: Status.GONE,
    State.ABORTED: Status.ABORTED,
    State.UNDELIVERED: Status.ABORTED,
}
"""What a peer is told about a session in that state, when nothing is refused."""


def step(state: State, event: Event) -> State:
    """Return the state after an event; raise ``KeyError`` for what cannot happen."""
    return TRANSITIONS[state, event]
