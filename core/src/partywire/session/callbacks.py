"""Deliveries by callback, for libraries that keep mailboxes of their own."""

from collections.abc import Callable
from typing import TypeVar

from partywire.delivery.pair import Pair
from partywire.delivery.sessions import LocalSession
from partywire.errors import DeliveredByCallback, DeliveryCallbackFailed, PeerError
from partywire.session.views import Delivery

T = TypeVar("T")

Taker = Callable[[Delivery], None]
Mourner = Callable[[PeerError], None]


def deliver_to(local: LocalSession, taker: Taker, mourner: Mourner | None) -> None:
    """Hand every message of a session to ``taker``, what is held already first.

    ``mourner`` is told once of each peer from which nothing more comes, after its last message.

    Raises:
        DeliveredByCallback: there is a callback already.
    """
    if local.sink is not None:
        raise DeliveredByCallback(local.id)
    told: set[Pair] = set()

    def drain(pair: Pair) -> None:
        mailbox = pair.intake.mailbox
        for slot in mailbox.slots():
            while slot in mailbox and _goes_on(local):
                _call(local, taker, _taken(pair, slot))
        error = pair.unread_error()
        if mourner is not None and error is not None and pair not in told and _goes_on(local):
            told.add(pair)
            _call(local, mourner, error.again())

    local.sink = drain
    for pair in local.pairs.values():
        local.deliver_soon(pair)


def _goes_on(local: LocalSession) -> bool:
    return not local.left and local.failure is None


def _taken(pair: Pair, slot: int) -> Delivery:
    payload = pair.take(slot)
    if slot >= 0:
        return Delivery(pair.party, slot, None, payload)
    return Delivery(pair.party, None, -1 - slot, payload)


def _call(local: LocalSession, callback: Callable[[T], None], what: T) -> None:
    try:
        callback(what)
    except Exception as error:
        local.break_off(DeliveryCallbackFailed(local.id, type(error).__name__))
