"""What is still held when all has come to rest: it should be nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from partywire.delivery.absence import Absence
from partywire.delivery.dispatch import _RETIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.tests.delivery.support.participants import Life, Performed
    from partywire.delivery.agenda import Appointment
    from partywire.delivery.peers import Peer


def left_over(performance: Performed) -> list[str]:
    """Return, in words, what any node that lives still holds."""
    plan, found = performance.plan, []
    living = list(performance.living())
    for life in living:
        found += [f"{life}: session {local.id}" for local in life.table.sessions()]
        found += [f"{life}: a timer, {what}" for what in _timers(life)]
        for peer in life.table.peers.values():
            there = any(other.name == peer.party for other in living)
            away = not there or plan.severed(life.name, peer.party)
            found += [f"{life}: {what} of {peer.party}" for what in _held(peer, away=away)]
    return found


def _held(peer: Peer, *, away: bool) -> Iterator[str]:
    """Yield what is held for a peer.

    For one that is away, last words may wait, and a few pairs that have ended may stand in line.
    """
    dispatch = peer.dispatch
    held = {
        "bytes": peer.budget.held,
        "early bytes": peer.early.cost,
        "early sessions": len(peer.early),
        "hungry pairs": len(peer.hunger.pairs),
        "pairs in line": max(len(dispatch._ready) - (_RETIRED if away else 0), 0),
        "batches on their way": len(dispatch._flights),
    }
    yield from (what for what, count in held.items() if count)
    for control, pair in dispatch._controls._waiting.values():
        if pair is not None or not away:
            yield f"{type(control).__name__} of session {control.session}"


def _timers(life: Life) -> Iterator[str]:
    """Yield what is to be done later, but looking after peers that are away."""
    for _, _, appointment in life.agenda._heap:
        action = _action(appointment)
        if action is not None and not isinstance(getattr(action, "__self__", None), Absence):
            yield repr(action)


def _action(appointment: Appointment) -> object:
    action: object = appointment._action
    return action.func if isinstance(action, partial) else action
