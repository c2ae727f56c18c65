"""A node that behaves as the reference system's do: ``python -m tests.reference.node``.

It is written from the facts of that system, and nothing of ours is imported. Where the real one is
careless, so is it: it answers ACTIVE for what it drops, it has no lives, it tries everything again
and then goes on without it. Its argument is a table as JSON, the fields of `Given`; then it is told
in lines what to `do`.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from dataclasses import dataclass, field
from typing import Any

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.server import Server

from tests.reference.peer import HOST, SERVICE, Raw, context, fields, say
from tests.reference.peer import field as framed

ACTIVE, INACTIVE, COMPLETED = b"", b"\x08\x01", b"\x08\x02"
AHEAD = 32


@dataclass
class Given:
    """How a node is started.

    Attributes:
        tls: its ``certificate`` and ``private_key``, and the ``trusted`` files by peer.
        queue: messages that wait for their receiver.
        wait: seconds for which a message waits for room in that queue.
        patience: seconds for which a message is tried.
        twice: whether it misses the first answer to each message.
    """

    party: str
    port: int
    peers: dict[str, int]
    tls: dict[str, Any] | None = None
    queue: int = 70
    wait: float = 60.0
    patience: float = 60.0
    twice: bool = False


def tag(session: int, sender: str, number: int) -> bytes:
    """The bytes of a tag."""
    name = sender.encode()
    return (
        session.to_bytes(16, "little")
        + struct.pack("<Q", len(name))
        + name
        + struct.pack("<Q", number)
    )


def parsed(content: bytes) -> tuple[int, str, int]:
    """Session, sender and round of a tag."""
    (length,) = struct.unpack_from("<Q", content, 16)
    if len(content) != 32 + length:
        raise GRPCError(Status.ABORTED)
    name = content[24 : 24 + length].decode()
    return int.from_bytes(content[:16], "little"), name, *struct.unpack("<Q", content[-8:])


@dataclass
class Session:
    """What a node has of a session; it may not be open yet."""

    room: int
    members: frozenset[str] | None = None
    completed: bool = False
    round: int = 0
    queues: dict[str, asyncio.Queue[tuple[int, bytes]]] = field(default_factory=dict)
    future: dict[tuple[str, int], bytes] = field(default_factory=dict)
    outgoing: dict[str, asyncio.Queue[tuple[int, bytes]]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)

    def queue(self, sender: str) -> asyncio.Queue[tuple[int, bytes]]:
        """Where the messages of a sender wait."""
        return self.queues.setdefault(sender, asyncio.Queue(self.room))

    async def receive(self, sender: str) -> bytes:
        """The message of this round; what is behind or far ahead is dropped without a word."""
        if (sender, self.round) in self.future:
            return self.future.pop((sender, self.round))
        while True:
            number, value = await self.queue(sender).get()
            if number == self.round:
                return value
            if self.round < number <= self.round + AHEAD:
                self.future.setdefault((sender, number), value)


class Node:
    """Is called, calls, and takes part in sessions."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._sessions: dict[int, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost = 0

    def __mapping__(self) -> dict[str, Handler]:
        handlers = {"SendValue": self._take, "HealthCheck": self._check}
        return {
            SERVICE + name: Handler(handler, Cardinality.UNARY_UNARY, bytes, bytes)
            for name, handler in handlers.items()
        }

    def told(self, do: str, **line: Any) -> None:
        """Do one thing of those below, beside whatever goes on."""
        self._begin(getattr(self, f"do_{do}")(**line))

    async def do_open(self, session: int, members: list[str], number: int = 0) -> None:
        """Open a session in that round."""
        opened = self._session(session)
        opened.members, opened.round = frozenset(members) - {self._given.party}, number
        say(opened=session)

    async def do_play(self, session: int, rounds: int) -> None:
        """Exchange values with all for so many rounds, and say what came."""
        own = self._sessions[session]
        for _ in range(rounds):
            for peer in sorted(own.members or ()):
                self._send(session, peer, own.round, f"{self._given.party} {own.round}".encode())
            came = {peer: (await own.receive(peer)).decode() for peer in sorted(own.members or ())}
            say(round=own.round, came=came)
            own.round += 1

    async def do_send(self, session: int, to: str, number: int, value: str) -> None:
        """Send one message."""
        self._send(session, to, number, value.encode())

    async def do_complete(self, session: int) -> None:
        """End a session: it takes and drops what still comes."""
        self._sessions[session].completed = True
        say(completed=session)

    async def do_expire(self) -> None:
        """Drop all that came for sessions that are not open."""
        self._sessions = {key: each for key, each in self._sessions.items() if each.members}
        say(expired=True)

    async def do_lose(self, count: int) -> None:
        """Take the next messages, and break off where an answer belongs."""
        self._lost = count
        say(loses=count)

    def _session(self, session: int) -> Session:
        return self._sessions.setdefault(session, Session(self._given.queue))

    async def _check(self, stream: Any) -> None:
        await stream.recv_message()
        await stream.send_message(b"")

    async def _take(self, stream: Any) -> None:
        came = dict(fields(await stream.recv_message()))
        session, sender, number = parsed(came.get(1, b""))
        own = self._session(session)
        say(number=number, sender=sender, session=session)
        if own.completed:
            await stream.send_message(COMPLETED)
            return
        if own.members is not None and sender not in own.members:
            raise GRPCError(Status.NOT_FOUND)
        status = INACTIVE if own.members is None else ACTIVE
        try:
            message = (number, came.get(2, b""))
            await asyncio.wait_for(own.queue(sender).put(message), self._given.wait)
        except TimeoutError:
            raise GRPCError(Status.RESOURCE_EXHAUSTED) from None
        if self._lost:
            self._lost -= 1
            await stream.cancel()
            return
        await stream.send_message(status)

    def _send(self, session: int, to: str, number: int, value: bytes) -> None:
        own = self._session(session)
        if to not in own.outgoing:
            own.outgoing[to] = asyncio.Queue()
            self._begin(self._deliver(session, to))
        own.outgoing[to].put_nowait((number, value))

    async def _deliver(self, session: int, to: str) -> None:
        """One message at a time; one that does not get through in time is left out."""
        own = self._session(session)
        method = self._method(to)
        while to not in own.finished:
            number, value = await own.outgoing[to].get()
            request = framed(1, tag(session, self._given.party, number)) + framed(2, value)
            try:
                for _ in range(1 + self._given.twice):
                    trying = self._try(method, request, own, to)
                    await asyncio.wait_for(trying, self._given.patience)
                say(answered=number, to=to)
            except TimeoutError:
                say(gave_up=number, to=to)

    async def _try(self, method: Any, request: bytes, own: Session, to: str) -> None:
        pause = 0.1
        while True:
            try:
                answer = await method(request)
            except (GRPCError, OSError, StreamTerminatedError):
                await asyncio.sleep(pause)
                pause *= 1.1
            else:
                if answer == COMPLETED:
                    own.finished.add(to)
                return

    def _method(self, to: str) -> Any:
        tls = self._given.tls
        shown = {**tls, "trusted": tls["trusted"][to]} if tls else None
        settings = Configuration(ssl_target_name_override=to if tls else None)
        secured = context(shown, server=False)
        channel = Channel(HOST, self._given.peers[to], codec=Raw(), ssl=secured, config=settings)
        return UnaryUnaryMethod[bytes, bytes](channel, SERVICE + "SendValue", bytes, bytes)

    def _begin(self, doing: Any) -> None:
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def run(given: Given) -> None:
    """Do as the lines of the input say, until it ends."""
    node, loop = Node(given), asyncio.get_running_loop()
    secured = None
    if given.tls:
        files = list(given.tls["trusted"].values())
        secured = context({**given.tls, "trusted": files[0]}, server=True)
        assert secured is not None
        for file in files[1:]:
            secured.load_verify_locations(file)
    await Server([node], codec=Raw()).start(HOST, given.port, ssl=secured)
    say(ready=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        node.told(**json.loads(line))


if __name__ == "__main__":
    asyncio.run(run(Given(**json.loads(sys.argv[1]))))
