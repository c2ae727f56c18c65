"""A party as a process: sends and receives one large value, and chats beside it.

Prints how far its memory rose above where it was before, over the two values, and how many times
it chatted while they were on their way.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from functools import partial

import anyio

from partywire import Node, Session, open_node
from tests.children import peak
from tests.loopback import config_of

LABEL = 1
WINDOW = "4MiB"
"""Small, so that a message waits for little that is on its way already."""
LAST = b"last"
PATIENCE = 60.0
MIB = 1 << 20


class Chat:
    """Small messages to and fro in a session of their own, until both have the large value."""

    def __init__(self, session: Session, peer: str) -> None:
        self._session = session
        self._peer = peer
        self._over = False
        self.turns = 0

    def end(self) -> None:
        """Say so in the next message."""
        self._over = True

    async def run(self) -> None:
        """Send, receive, and count, until both have ended."""
        said = heard = b""
        while LAST not in (said, heard):
            said = LAST if self._over else b"on"
            await self._session.send(self._peer, said, label=LABEL)
            heard = await self._session.receive(self._peer, label=LABEL)
            self.turns += 1


async def exchange(node: Node, peer: str, size: int) -> dict[str, float]:
    """Send a value and receive one, and return what was seen."""
    await node.ready(timeout=PATIENCE)
    async with (
        node.session("large", labels=True) as large,
        node.session("chat", labels=True) as small,
    ):
        chat = Chat(small, peer)
        before = peak(os.getpid())
        value = node.party.encode()[-1:] * size
        async with anyio.create_task_group() as group:
            group.start_soon(chat.run)
            await large.send(peer, value, label=LABEL)
            came = await large.receive(peer, label=LABEL)
            meanwhile = chat.turns
            chat.end()
        await large.flush(timeout=PATIENCE)
        whole = len(came) == came.count(peer.encode()[-1:]) == size
        return {
            "whole": whole,
            "rise": (peak(os.getpid()) - before) / (2 * size),
            "chats": meanwhile,
        }


async def main(party: str, peer: str, mine: str, theirs: str, mebibytes: str) -> None:
    logging.disable(logging.WARNING)
    tables = {"session": {"timing": "asynchronous"}, "limits": {"window": WINDOW}}
    async with open_node(config_of(party, int(mine), {peer: int(theirs)}, **tables)) as node:
        seen = await exchange(node, peer, int(mebibytes) * MIB)
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    anyio.run(partial(main, *sys.argv[1:]))
