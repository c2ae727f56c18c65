"""The reference wire's own listener, as long as a node serves."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.abc import TaskGroup

from partywire.inbox import Inbox
from partywire_grpc.addresses import Address
from partywire_grpc.bridge import GRACE, Bridge
from partywire_grpc.reference.callers import Callers
from partywire_grpc.reference.desk import Desk
from partywire_grpc.reference.options import server_options
from partywire_grpc.reference.service import Listener
from partywire_grpc.refusals import Refusals
from partywire_grpc.security import Security


@asynccontextmanager
async def served(
    address: Address,
    inbox: Inbox,
    group: TaskGroup,
    bridge: Bridge,
    security: Security,
    *,
    largest: int,
    peers: int,
    speaks: Callable[[str], bool],
    departed: Callable[[str], None],
    knocked: Callable[[], None],
    refusals: Refusals,
) -> AsyncIterator[Callers]:
    """Listen within the block; gives who has called. Raises `OSError` where it cannot.

    Args:
        address: where.
        inbox: takes what callers bring.
        group: in which they are attended to.
        bridge: to gRPC.
        security: shows who they are.
        largest: bytes of a request, at most.
        peers: how many parties the roster has.
        speaks: tells whether a party may call here.
        departed: is told when nobody of a party is here any more.
        knocked: is called for connections that may never be a call.
        refusals: is told who is not let in.
    """
    callers = Callers(inbox.arrive, departed)
    desk = Desk(callers, group, bridge, security, speaks=speaks, refusals=refusals)
    listener = Listener(
        address,
        security,
        server_options(largest, peers),
        arrived=partial(bridge.to_node, desk.arrived),
        gone=partial(bridge.to_node, desk.gone),
        knocked=partial(bridge.to_node, knocked),
    )
    group.start_soon(callers.run)
    try:
        await bridge.run(listener.open)
        group.start_soon(bridge.run, partial(security.tend, address, _nothing))
        yield callers
    finally:
        desk.close()
        with anyio.move_on_after(GRACE, shield=True):
            await bridge.run(listener.close)


def _nothing() -> None:
    """Let whoever has seen our former certificate stay: a call proves the caller, each anew."""
