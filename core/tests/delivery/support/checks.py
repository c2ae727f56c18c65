"""What has to be true of a schedule when it is over, whoever performed it."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

from core.tests.delivery.support.excuses import excuses
from core.tests.delivery.support.participants import Ending, Participant
from core.tests.delivery.support.rest import left_over
from partywire.errors import PeerError, PeerLeft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.tests.delivery.support.participants import Performed

Part = Participant[Any]


def check(performance: Performed) -> None:
    """Check what DELIVERY promises, for every two parties of every session."""
    for participant in performance.participants:
        check_end(participant)
    for computation in performance.plan.computations:
        for here, there in permutations(computation.parts, 2):
            session = computation.session
            senders = lives(performance, session, here)
            receivers = lives(performance, session, there)
            for receiver in receivers:
                check_received(receiver, here, senders)
                check_errors(performance, receiver, here)
                check_left(performance, receiver, here, senders)
            for sender in senders:
                check_delivered(sender, there, receivers)
            check_undisturbed(performance, senders, receivers)
    held = left_over(performance)
    assert not held, f"left over: {held}"


def lives(performance: Performed, session: int, party: str) -> list[Part]:
    """Return the lives of a party that opened a session, in order."""
    return [
        each for each in performance.participants if (each.local.id, each.party) == (session, party)
    ]


def check_end(participant: Part) -> None:
    """Every wait ends."""
    waits = [str(player.steps[0]) for player in participant.players if not player.finished]
    assert participant.ending is not None, f"{participant} waits for ever: {waits}"


def check_received(receiver: Part, sender: str, senders: list[Part]) -> None:
    """All that was received is what one life of the sender sent: once, in order, unchanged."""
    got = by_slot(receiver.received(sender))
    assert not got or any(
        all(by_slot(each.sent(receiver.party)).get(s, [])[: len(m)] == m for s, m in got.items())
        for each in senders
    ), f"{receiver} received from {sender} what it did not send, or not in this order"


def check_errors(performance: Performed, here: Part, there: str) -> None:
    """Every error has a cause in the plan, and nobody is blamed for a broken rule."""
    allowed = excuses(performance.plan, here.computation, here.party, there)
    failure = here.pair(there).failure
    for error in [*here.errors(there), *([failure] if failure else [])]:
        assert type(error) in allowed, f"{here}, of {there}: {error!r}"


def check_left(performance: Performed, receiver: Part, sender: str, senders: list[Part]) -> None:
    """Who is told that the sender left, has all that it sent.

    But a new life may be told so by a peer that had its session with the life before.
    """
    told = [error for error in receiver.errors(sender) if isinstance(error, PeerLeft)]
    if not told or concerned(performance, receiver.party, sender):
        return
    taken = receiver.pair(sender).intake.number
    sent = [len(each.sent(receiver.party)) for each in senders]
    assert taken in sent, f"{receiver} has {taken} of {sent} messages of {sender}, which has left"


def check_delivered(sender: Part, receiver: str, receivers: list[Part]) -> None:
    """What was accepted is taken, or the sender knows better: nothing is dropped silently."""
    pair = sender.pair(receiver)
    accepted = len(sender.sent(receiver))
    taken = [each.pair(sender.party).intake.number for each in receivers]
    if accepted <= max(taken, default=0):
        return
    left = any(each.ending in (Ending.FINISHED, Ending.STOPPED) for each in receivers)
    undelivered = (sender.local.id, receiver) in {
        (session, party) for session, party, _ in sender.life.table.undelivered
    }
    own = aborted(sender) or not sender.life.alive
    assert left or undelivered or own or isinstance(pair.failure, PeerError), (
        f"{sender} sent {accepted} messages to {receiver}, which took {taken}, and nobody says so"
    )


def check_undisturbed(performance: Performed, senders: list[Part], receivers: list[Part]) -> None:
    """Two parties with nothing between them complete everything, whatever befalls others."""
    if not senders or not receivers:
        return
    sender, receiver = senders[0], receivers[0]
    plan, computation = performance.plan, sender.computation
    if (
        excuses(plan, computation, sender.party, receiver.party)
        or excuses(plan, computation, receiver.party, sender.party)
        or Ending.STOPPED in (sender.ending, receiver.ending)
    ):
        return
    for here, there in ((sender, receiver.party), (receiver, sender.party)):
        assert here.pair(there).failure is None, f"{here} lost {there}"
        undelivered = [(session, party) for session, party, _ in here.life.table.undelivered]
        assert (here.local.id, there) not in undelivered, f"{here} did not reach {there}"
    asked = sum(map(len, by_slot(receiver.received(sender.party)).values()))
    assert asked <= receiver.pair(sender.party).intake.number <= len(sender.sent(receiver.party))


def by_slot(messages: Iterable[tuple[int, bytes]]) -> dict[int, list[bytes]]:
    """Return messages by slot, in their order."""
    slots: dict[int, list[bytes]] = {}
    for slot, data in messages:
        slots.setdefault(slot, []).append(data)
    return slots


def aborted(participant: Part) -> bool:
    """Tell whether a party stopped by an error, and so dropped what it had not sent."""
    return participant.local.state.value == "aborted"


def concerned(performance: Performed, one: str, other: str) -> bool:
    """Tell whether there was more than one life of either party, or may have been."""
    return any(fault.excuses and fault.party in (one, other) for fault in performance.plan.faults)
