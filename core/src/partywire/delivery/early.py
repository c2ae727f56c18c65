"""Messages of one peer for sessions that are not open here.

On the fast wire it is a cache and never custody: the sender keeps everything until it sees OPEN, so
what is refused or forgotten is late and not lost. What came by a single call is kept (`keep`), as
it will not come again; where it is forgotten all the same, it is lost, and `dropped` is told.
"""

from collections.abc import Callable

from partywire.delivery.agenda import Agenda, Appointment
from partywire.delivery.limits import Limits
from partywire.delivery.quotas import Budget
from partywire.delivery.records import MAX_REASON, MESSAGE_COST, Record, Segment, Status, Terms


class EarlySession:
    """The first messages of a flow, from 0 without a gap, and how it ends where that is known."""

    __slots__ = ("abort", "cost", "expiry", "final", "kept", "records", "terms")

    def __init__(self, expiry: Appointment) -> None:
        """Start empty."""
        self.expiry: Appointment = expiry
        self.records: list[Record] = []
        self.cost: int = 0
        self.kept: int = 0
        self.terms: Terms | None = None
        self.final: int | None = None
        self.abort: str | None = None


class EarlyCache:
    """The early sessions of one peer, bounded in number, bytes and time."""

    def __init__(self, limits: Limits, budget: Budget, agenda: Agenda) -> None:
        """Start empty; what is cached counts against the peer's budget too."""
        self._limits = limits
        self._budget = budget
        self._agenda = agenda
        self._sessions: dict[int, EarlySession] = {}
        self.cost: int = 0
        self.freed: Callable[[], None] = _nobody
        """Called when messages were forgotten."""
        self.dropped: Callable[[int, int], None] = _nobody_asks
        """Called when messages that will not come again were forgotten: session, and how many."""

    def __contains__(self, session: int) -> bool:
        """Tell whether something is cached for a session."""
        return session in self._sessions

    def __len__(self) -> int:
        """Return the number of early sessions."""
        return len(self._sessions)

    def accept(self, segment: Segment) -> Status:
        """Cache what is next of a segment: INACTIVE if all of it is held, QUOTA if the rest waits.

        A segment with receipts for an id that is unknown here is one we have forgotten: GONE.
        """
        if segment.acknowledged > 0 and segment.session not in self._sessions:
            return Status.GONE
        early = self._get_or_make(segment.session, wanted=segment.number == 0)
        if early is None:
            return Status.QUOTA
        number = segment.number
        for record in segment.records:
            if number == len(early.records) and not self._cache(early, record):
                return Status.QUOTA
            number += 1
        return Status.INACTIVE if number <= len(early.records) else Status.QUOTA

    def keep(self, session: int, slot: int, data: bytes) -> Status:
        """Keep a message that came alone and will not come again: INACTIVE, or QUOTA.

        The first one of a round wins. All that is kept fits in when the session is opened.
        """
        early = self._sessions.get(session)
        if early is not None and early.records and slot <= early.records[-1].slot:
            return Status.INACTIVE
        if not self._will_fit(early, slot, len(data)):
            return Status.QUOTA
        early = self._get_or_make(session, wanted=True)
        if early is None or not self._hold(early, Record(slot, 0, len(data), data)):
            return Status.QUOTA
        early.kept += 1
        return Status.INACTIVE

    def _will_fit(self, early: EarlySession | None, slot: int, size: int) -> bool:
        """Tell whether a mailbox has room for it, beside what is kept already."""
        limits = self._limits
        count, cost = (len(early.records), early.cost) if early is not None else (0, 0)
        return (
            slot <= limits.look_ahead
            and size <= limits.largest_message
            and count < limits.mailbox_messages
            and cost + size + MESSAGE_COST <= limits.mailbox_bytes
        )

    def note(
        self,
        session: int,
        *,
        terms: Terms | None = None,
        final: int | None = None,
        abort: str | None = None,
    ) -> None:
        """Remember that the peer has such a session, and how its flow ends, when there is room."""
        early = self._get_or_make(session, wanted=True)
        if early is not None:
            early.terms = terms if early.terms is None else early.terms
            early.final = final if early.final is None else early.final
            early.abort = (
                abort[:MAX_REASON] if abort is not None and early.abort is None else early.abort
            )

    def take(self, session: int) -> EarlySession | None:
        """Hand over what is cached for a session that is opened now; it no longer counts here."""
        early = self._sessions.pop(session, None)
        if early is not None:
            early.expiry.cancel()
            self.cost -= early.cost
            self._budget.release(early.cost)
        return early

    def clear(self) -> None:
        """Forget everything: it came from another life of the peer."""
        for session in list(self._sessions):
            self._forget(session)
        self.freed()

    def _get_or_make(self, session: int, *, wanted: bool) -> EarlySession | None:
        early = self._sessions.get(session)
        if early is None and wanted and len(self._sessions) < self._limits.early_sessions:
            expiry = self._agenda.after(self._limits.early_lifetime, self._forgetting(session))
            early = self._sessions[session] = EarlySession(expiry)
        return early

    def _forgetting(self, session: int) -> Callable[[], None]:
        def forget() -> None:
            self._forget(session)
            self.freed()

        return forget

    def _forget(self, session: int) -> None:
        early = self.take(session)
        if early is not None and early.kept:
            self.dropped(session, early.kept)

    def _cache(self, early: EarlySession, record: Record) -> bool:
        whole = len(record.data) == record.total <= self._limits.early_message
        return whole and self._hold(early, record)

    def _hold(self, early: EarlySession, record: Record) -> bool:
        cost = record.total + MESSAGE_COST
        if self.cost + cost > self._limits.early_bytes or not self._budget.hold(cost):
            return False
        early.records.append(record._replace(data=bytes(record.data)))
        early.cost += cost
        self.cost += cost
        return True


def _nobody() -> None:
    """Nobody waits for room."""


def _nobody_asks(_session: int, _messages: int) -> None:
    """Nobody wants to know."""
