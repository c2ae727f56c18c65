"""The honest party that is besieged, in a process of its own: ``python -m ...port.besieged``.

Its arguments are the event loop, and as JSON its config and bounds, which it puts in the place of
those of `partywire_grpc`; ``descriptors`` is how many of these the system gives it. It sends back
what the others send, or round by round what p2 does where the config has a reference listener. It
says ``open`` when it is, and ends when its input does. A line of its input holds its event loop up
until the next one: it says ``held`` before, and ``free`` after.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

import partywire_grpc_mtls  # noqa: F401  # before gRPC, which then offers no old TLS
from partywire import open_node
from partywire.session.lifetimes import background
from partywire_grpc import options
from partywire_grpc.reference import callers, desk
from tests.echo import echo, say

if TYPE_CHECKING:
    from partywire import Session

SESSION: Final = "honest"
HONEST: Final = "p2"
TERMS: Final[dict[bool, dict[str, Any]]] = {
    False: {"labels": True, "timing": "asynchronous"},
    True: {"parties": ["p1", HONEST], "timing": "asynchronous"},
}
"""Of the session, with a reference listener and without."""


def put(bounds: dict[str, int]) -> None:
    """Put bounds in the place of ours."""
    for name, bound in bounds.items():
        if name == "descriptors":
            resource.setrlimit(resource.RLIMIT_NOFILE, (bound, bound))
        else:
            (owner,) = [each for each in (options, callers, desk) if hasattr(each, name)]
            setattr(owner, name, bound)


async def echo_rounds(_name: str, session: Session, peer: str) -> None:
    """Send back what a peer sends, one message in each round."""
    while True:
        await session.send(peer, await session.receive(peer))
        session.next_round()


async def run(content: str, bounds: str) -> None:
    """Echo until the input ends."""
    put(json.loads(bounds))
    config = json.loads(content)
    singly = "reference_listen" in config["transport"]
    listen = partial(anyio.to_thread.run_sync, sys.stdin.readline, abandon_on_cancel=True)
    async with (
        open_node(config) as node,
        node.session(SESSION, **TERMS[singly]) as session,
        background() as group,
    ):
        for peer in session.peers:
            group.start_soon(echo_rounds if singly else echo, SESSION, session, peer)
        say("open")
        while await listen():
            say("held")
            sys.stdin.readline()
            say("free")


if __name__ == "__main__":
    logging.getLogger("partywire").setLevel(logging.CRITICAL)
    anyio.run(run, sys.argv[2], sys.argv[3], backend=sys.argv[1])
