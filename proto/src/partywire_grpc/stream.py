"""The end of a stream on gRPC's event loop: frames in, frames out, signs of life."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol

import grpc
import grpc.aio

from partywire_grpc.endings import Code, Ending
from partywire_grpc.frames import BEAT

_log = logging.getLogger("partywire")

Post = Callable[..., None]
"""Calls something on the other side, in the order of the posts."""
Read = Callable[[], Awaitable[Any]]
Write = Callable[[bytes], Awaitable[None]]

AHEAD: Final = 2 << 20
"""Bytes of frames that are read ahead of the node, at most, beside one more frame."""
FRAME_COST: Final = 64
"""Bytes that a frame counts beside its own."""


class Listener(Protocol):
    """The node's side of a stream."""

    def came(self, frame: bytes) -> None:
        """A frame has come."""

    def written(self) -> None:
        """The oldest frame that was sent has left."""

    def ended(self, ending: Ending) -> None:
        """The stream is over; called once, and nothing after it."""


class Stream:
    """One stream. Its methods are called on gRPC's event loop, those of its listener by ``post``.

    Args:
        post: calls the listener, on the node's side.
        patience: seconds of silence after which the other end counts as lost. Silence counts while
            this end reads.
    """

    def __init__(self, post: Post, patience: float) -> None:
        self.listener: Listener | None = None
        self._post = post
        self._patience = patience
        self._pace = 0.0
        self._outgoing: deque[bytes] = deque()
        self._work = asyncio.Event()
        self._writing = False
        self._unhandled = 0
        self._room = asyncio.Event()
        self._reads = True
        self._heard = self._told = self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self.ending: Ending | None = None

    def send(self, frame: bytes) -> None:
        """Queue a frame. How much is queued is bounded by whoever sends."""
        self._outgoing.append(frame)
        self._work.set()

    def handled(self, size: int) -> None:
        """The node is done with a frame of that size."""
        self._unhandled -= size + FRAME_COST
        self._room.set()

    def beat_every(self, pace: float) -> None:
        """Send a sign of life after so many seconds without a frame; 0 for never."""
        self._pace = pace
        if self._timer is not None:
            self._timer.cancel()
            self._tick()

    def end(self, ending: Ending) -> None:
        """End the stream; the first reason stays."""
        if self.ending is None:
            self.ending = ending
            self._over.set()

    async def run(self, read: Read, write: Write) -> Ending:
        """Carry frames until the stream ends, and return how."""
        loop = asyncio.get_running_loop()
        self._heard = self._told = self._due = loop.time()
        tasks = [
            loop.create_task(self._guarded(partial(self._read, read))),
            loop.create_task(self._guarded(partial(self._write, write))),
        ]
        self._tick()
        try:
            await self._over.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        return self.ending or Ending(Code.CANCELLED)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except grpc.aio.AioRpcError as error:
            self.end(Ending(error.code(), error.details() or ""))
        except (grpc.aio.BaseError, asyncio.InvalidStateError):
            self.end(Ending(Code.CANCELLED))
        except Exception:
            _log.exception("a stream failed")
            self.end(Ending(Code.INTERNAL))

    async def _read(self, read: Read) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._unhandled >= AHEAD:
                self._reads = False
                self._room.clear()
                await self._room.wait()
            if not self._reads:
                self._reads, self._heard = True, loop.time()
            frame = await read()
            if frame is grpc.aio.EOF:
                self.end(Ending(Code.OK))
                return
            self._heard = loop.time()
            if frame != BEAT and self.listener is not None:
                self._unhandled += len(frame) + FRAME_COST
                self._post(self.listener.came, frame)

    async def _write(self, write: Write) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not self._outgoing:
                self._writing = False
                self._work.clear()
                await self._work.wait()
            self._writing = True
            frame = self._outgoing.popleft()
            await write(frame)
            self._told = loop.time()
            if frame is not BEAT and self.listener is not None:
                self._post(self.listener.written)

    def _tick(self) -> None:
        """Look at the time, and set the timer for the next look."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - self._due >= self._patience / 4:
            self._heard = now  # this loop was busy elsewhere, and what came was not read yet
        if self._reads and now - self._heard >= self._patience:
            self.end(Ending(Code.DEADLINE_EXCEEDED))
            return
        if self._pace and now - self._told >= self._pace:
            self._told = now
            if not self._writing and not self._outgoing:
                self.send(BEAT)
        self._due = (self._heard if self._reads else now) + self._patience
        if self._pace:
            self._due = min(self._due, self._told + self._pace)
        self._timer = loop.call_at(self._due, self._tick)
