"""Control records that wait for one peer: one of each kind for a session, and bounded."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from partywire.delivery.records import Abort, Control, Fin, Grant, Open

if TYPE_CHECKING:
    from partywire.delivery.pair import Pair

MAX_WAITING = 1 << 16
"""Records that wait, of sessions that have ended here; older ones are dropped.

A peer that missed one learns of the end when it says something in that session.
"""

Waiting = tuple[Control, "Pair | None"]
"""A record and its pair; there is none of a session that has ended, or is not ours."""


class ControlQueue:
    """First in, first out. A session has one of each kind waiting, the newest."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: OrderedDict[tuple[int, type[Control]], Waiting] = OrderedDict()

    def __len__(self) -> int:
        """Return how many records wait."""
        return len(self._waiting)

    def holds(self, session: int, kind: type[Control]) -> bool:
        """Tell whether a record of that kind waits for a session."""
        return (session, kind) in self._waiting

    def put(self, control: Control, pair: "Pair | None") -> None:
        """Let a record wait; ABORT ends CREDIT and FIN."""
        session = control.session
        if type(control) is Abort:
            for kind in (Grant, Fin):
                self._waiting.pop((session, kind), None)
        self._waiting[session, type(control)] = control, pair
        if len(self._waiting) > MAX_WAITING:
            self._forget_some()

    def put_back(self, control: Control, pair: "Pair | None") -> None:
        """Let a record wait that was on its way and may be lost, unless a newer word waits."""
        session, kind = control.session, type(control)
        if kind is Open or (session, Abort) not in self._waiting:
            self._waiting.setdefault((session, kind), (control, pair))

    def take(self) -> Waiting:
        """Take the oldest."""
        return self._waiting.popitem(last=False)[1]

    def retire(self, session: int) -> None:
        """A session has ended here: only its last words still matter to the peer.

        OPEN is one of them: it tells what an early cache had handed over.
        """
        self._waiting.pop((session, Grant), None)
        for kind in (Open, Fin, Abort):
            if (session, kind) in self._waiting:
                self._waiting[session, kind] = self._waiting[session, kind][0], None

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()

    def _forget_some(self) -> None:
        """Drop the oldest last word of a session that has ended, of a few that are looked at."""
        for _ in range(16):
            key, (control, pair) = self._waiting.popitem(last=False)
            if pair is None:
                return
            self._waiting[key] = control, pair
