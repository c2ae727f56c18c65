"""The small transport over TCP (`tests.conformance.wire`) with a wire of single calls.

m: (number, session, sender, round), payload -> a: (number, status, or None where rejected)
c: (number, sender), payload                 -> a: (number, 0)
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import PartywireError, Rejected, TransportError, Unreachable
from partywire.interfaces import UnaryChannel
from tests.conformance.wire import LOST, Frames, WireTransport

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from partywire.hookspecs import Setting
    from partywire.identity import Identity
    from partywire.inbox import Guest, Inbox
    from partywire.interfaces import Judge

TOLD = {Status.QUOTA: Status.FULL}


class Answer:
    """What is waited for: a status, or None where the message was rejected."""

    def __init__(self) -> None:
        self.came = anyio.Event()
        self.status: int | None = None


class SingleChannel(UnaryChannel):
    def __init__(self, peer: str, identity: Identity, frames: Frames) -> None:
        self.identity = identity
        self.peer = peer
        self.frames = frames
        self.problem: TransportError | None = None
        self.ended = anyio.Event()
        self.waiting: dict[int, Answer] = {}
        self.made = 0

    async def send(self, tag: Tag, payload: bytes) -> Status:
        status = await self.ask(b"m", payload, *tag)
        if status is None:
            raise Rejected(self.peer, "it rejected a message")
        return Status(status)

    async def check(self, payload: bytes = b"") -> None:
        await self.ask(b"c", payload, "p1")

    async def broken(self) -> TransportError:
        await self.ended.wait()
        return self.reason()

    async def ask(self, kind: bytes, payload: bytes, *fields: object) -> int | None:
        if self.problem is not None:
            raise self.reason()
        number, self.made = self.made, self.made + 1
        answer = self.waiting[number] = Answer()
        try:
            with anyio.CancelScope(shield=True):  # half of a frame would be the end
                head = repr((number, *fields)).encode()
                await self.frames.send(kind, head + b"\n" + payload)
            await answer.came.wait()
        except LOST:
            self.lose(Unreachable(self.peer, "the connection was lost"))
        finally:
            self.waiting.pop(number, None)
        if self.problem is not None:
            raise self.reason()
        return answer.status

    async def read(self) -> None:
        """Take the answers, until the connection ends."""
        try:
            while True:
                self.answered(*ast.literal_eval((await self.frames.receive())[1].decode()))
        except LOST:
            self.lose(Unreachable(self.peer, "the connection was lost"))

    def answered(self, number: int, status: int | None) -> None:
        if number in self.waiting:
            self.waiting[number].status = status
            self.waiting[number].came.set()

    def lose(self, problem: TransportError) -> None:
        if self.problem is None:
            self.problem = problem
            self.ended.set()
            self.frames.cut()
            for answer in self.waiting.values():
                answer.came.set()

    def reason(self) -> TransportError:
        assert self.problem is not None
        return self.problem.again()

    def close(self) -> None:
        self.lose(Unreachable(self.peer, "the connection was closed"))


class SingleTransport(WireTransport):
    channel: Any = SingleChannel

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.groups: dict[Frames, anyio.abc.TaskGroup] = {}

    def unary(self, peer: str) -> bool:
        return True

    def call(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Any]:
        return super().connect(peer, judge)

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        async with anyio.create_task_group() as group:
            self.groups[frames] = group
            await super().host(frames, inbox)
            group.cancel_scope.cancel()

    async def hear(self, guest: Guest, frames: Frames, kind: bytes, body: bytes) -> None:
        self.groups[frames].start_soon(self.attend, guest, frames, kind, body)

    async def attend(self, guest: Guest, frames: Frames, kind: bytes, body: bytes) -> None:
        head, _, payload = body.partition(b"\n")
        number, *fields = ast.literal_eval(head.decode())
        status = await self.answer(guest, kind, fields, payload)
        try:
            await frames.send(b"a", repr((number, status)).encode())
        except LOST:
            return

    async def answer(self, guest: Guest, kind: bytes, fields: Any, payload: bytes) -> int | None:
        """Have the guest take a message, or a check."""
        if kind == b"c":
            guest.checked(fields[0])
            return 0
        try:
            status = await guest.take(Tag(*fields), payload)
        except PartywireError:
            return None
        return None if status is Status.TOO_LARGE else int(TOLD.get(status, status))
