"""Deliveries by callback, for libraries that keep mailboxes of their own."""

from collections.abc import Callable

from partywire.delivery.pair import Pair
from partywire.delivery.sessions import LocalSession
from partywire.errors import DeliveryCallbackFailed
from partywire.session.views import Delivery

Callback = Callable[[Delivery], None]


def deliver_to(local: LocalSession, callback: Callback) -> None:
    """Hand every message of a session to ``callback``, what is held already first."""

    def drain(pair: Pair) -> None:
        mailbox = pair.intake.mailbox
        for slot in mailbox.slots():
            while slot in mailbox and not local.left and local.failure is None:
                _hand(local, callback, pair, slot)

    local.sink = drain
    for pair in local.pairs.values():
        local.deliver_soon(pair)


def _hand(local: LocalSession, callback: Callback, pair: Pair, slot: int) -> None:
    payload = pair.take(slot)
    if slot >= 0:
        delivery = Delivery(pair.party, slot, None, payload)
    else:
        delivery = Delivery(pair.party, None, -1 - slot, payload)
    try:
        callback(delivery)
    except Exception as error:
        local.break_off(DeliveryCallbackFailed(local.id, type(error).__name__))
