"""A party in a process of its own that sends everything back: ``python -m tests.echo``.

Its arguments are the event loop, its config as JSON, and the sessions to open. It says ``open``
when it is, and the failure of each pair by name, and ends when its input does.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import AsyncExitStack

import anyio
import anyio.to_thread

from partywire import Session, open_node
from partywire.errors import PeerError
from partywire.session.lifetimes import background


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def echo(name: str, session: Session, peer: str) -> None:
    """Send back what a peer sends, until the pair fails."""
    try:
        while True:
            await session.send(peer, await session.receive(peer, label=0), label=0)
    except PeerError as error:
        say(f"{name} {peer} {type(error).__name__}")


async def run(*given: str) -> None:
    """Echo in all sessions until the input ends."""
    config, *names = given
    opened = open_node(json.loads(config))
    async with opened as node, AsyncExitStack() as stack, background() as group:
        for name in names:
            session = node.session(name, labels=True, timing="asynchronous")
            await stack.enter_async_context(session)
            for peer in session.peers:
                group.start_soon(echo, name, session, peer)
        say("open")
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


if __name__ == "__main__":
    logging.getLogger("partywire").setLevel(logging.CRITICAL)
    anyio.run(run, *sys.argv[2:], backend=sys.argv[1])
