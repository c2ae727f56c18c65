"""How messages get into outboxes: checked, and never held up by another peer's full one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio

from partywire.delivery.calls import LARGEST
from partywire.delivery.pair import Pair
from partywire.errors import OutboxFull, PartywireError, PayloadInvalid, PayloadTooLarge, RoundUsed
from partywire.session.lifetimes import background
from partywire.session.waits import Waiting, wait_for_room

Payload = bytes | bytearray | memoryview
Item = tuple[Pair, bytes]


def checked(payload: Payload, limit: int) -> bytes:
    """Return a payload as bytes that nobody else can change; at most ``limit`` of them.

    Raises:
        PayloadInvalid: it is no contiguous buffer.
        PayloadTooLarge: it is too large.
    """
    if type(payload) is not bytes:
        payload = _copied(payload)
    if len(payload) > limit:
        raise PayloadTooLarge(len(payload), limit)
    return payload


def _copied(payload: Payload) -> bytes:
    if isinstance(payload, bytes):
        return bytes(payload)
    try:
        with memoryview(payload) as view:
            return view.tobytes()
    except TypeError:
        raise PayloadInvalid(type(payload).__name__) from None


def send_now(pair: Pair, slot: int, data: bytes) -> bool:
    """Put a message into the outbox, or return False where it has to wait for room.

    The caller hands the pair over to the dispatch.

    Raises:
        PeerError: the pair has failed.
        RoundUsed: the round has its message.
    """
    if pair.failure is not None:
        raise pair.failure.again()
    if slot >= 0 and slot <= pair.used_round:
        raise RoundUsed(pair.session.id, pair.party, slot)
    if pair.peer.unary and len(data) > LARGEST:
        raise PayloadTooLarge(len(data), LARGEST)
    if pair.room or (pair.outbox.records and not pair.outbox.has_room(len(data))):
        return False
    if slot >= 0:
        pair.used_round = slot
    pair.hold(slot, data)
    return True


async def send_later(waiting: Waiting, pair: Pair, slot: int, data: bytes) -> None:
    """Wait for room and put a message into the outbox; a cancelled call gives its round back."""
    before = pair.used_round
    if slot >= 0:
        pair.used_round = slot
    try:
        await wait_for_room(waiting, pair, slot, len(data))
    except BaseException:
        if pair.used_round == slot:
            pair.used_round = before
        raise
    pair.put(slot, data)
    pair.peer.outgoing.rouse()


@asynccontextmanager
async def sent_beside(
    waiting: Waiting, items: Sequence[Item], slot: int, *, patient: bool = True
) -> AsyncIterator[dict[str, PartywireError]]:
    """Send to many, and run the block while some of them have to wait for room.

    The block is given what failed, by party; that is complete after the block. Nothing is sent when
    a round is used. Unless ``patient``, a peer without room at the end of the block gets nothing.
    """
    for pair, _ in items:
        if 0 <= slot <= pair.used_round:
            raise RoundUsed(pair.session.id, pair.party, slot)
    failures: dict[str, PartywireError] = {}
    stuck = {item[0]: anyio.Event() for item in items if not _sent(item, slot, failures)}
    if not stuck:
        yield failures
        return

    async def send_stuck(pair: Pair, data: bytes) -> None:
        try:
            await send_later(waiting, pair, slot, data)
        except PartywireError as error:
            failures[pair.party] = error
        stuck[pair].set()

    async with background() as group:
        for pair, data in items:
            if pair in stuck:
                group.start_soon(send_stuck, pair, data)
        yield failures
        await _settle(stuck, failures, patient=patient)


async def _settle(
    stuck: Mapping[Pair, anyio.Event], failures: dict[str, PartywireError], *, patient: bool
) -> None:
    """Wait for those that still have no room, or say so of each."""
    for pair, event in stuck.items():
        if patient:
            await event.wait()
        elif not event.is_set():
            failures[pair.party] = OutboxFull(pair.session.id, pair.party)


def _sent(item: Item, slot: int, failures: dict[str, PartywireError]) -> bool:
    pair, data = item
    try:
        sent = send_now(pair, slot, data)
    except PartywireError as error:
        failures[pair.party] = error
        return True
    if sent and not pair.queued:
        pair.peer.outgoing.hand_over(pair)
    return sent
