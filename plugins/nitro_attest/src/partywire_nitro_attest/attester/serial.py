"""A security module as coroutines use it: one call at a time, in one thread."""

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio
import anyio.to_thread
import attrs

from partywire.session.lifetimes import background
from partywire_nitro_attest.security_module import ModuleFailed, SecurityModule

_OPERATION: Final = "Attestation"
CLOSED: Final = "nobody asks it here any more, as its attester was closed"
BUSY: Final = (
    "it has not answered yet what another event loop of this program has asked it; wait, and start "
    "the enclave anew if it stays"
)


def _closed() -> ModuleFailed:
    return ModuleFailed(_OPERATION, CLOSED)


@attrs.define(eq=False)
class _Call:
    """What is asked, and what has come of it once it is over."""

    ask: Callable[[], bytes]
    over: anyio.Event = attrs.field(factory=anyio.Event)
    answer: bytes = attrs.field(default=b"", repr=False)
    error: Exception | None = attrs.field(factory=_closed)


class Serial:
    """Asks a security module by turns, first come, first served.

    At most one thread of this object is in the module, or on its way there, and it is none of those
    that all of a program shares. Whoever waits for a turn is a coroutine and holds no thread.

    It asks only while a block of `serving` is open, one at a time. It can be opened again, in
    another event loop, too. A thread that is in the module when the block is left stays there, as
    nothing can call it back. Until it has come out, a later block asks nothing: its calls fail at
    once.
    """

    def __init__(self, module: SecurityModule) -> None:
        """Take a module that nobody else asks."""
        self._module = module
        self._inside = threading.Lock()
        self._line: deque[_Call] | None = None
        self._more = anyio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Ask for those who call `attest`, as long as the block lasts; leaving it ends at once.

        Raises:
            RuntimeError: on entering; another such block is open.
        """
        if self._line is not None:
            raise RuntimeError("this module is served already")
        line = self._line = deque[_Call]()
        self._more = anyio.Event()
        try:
            async with background() as group:
                group.start_soon(self._serve, line)
                yield
        finally:
            self._line = None
            for call in line:
                call.over.set()

    async def attest(self, *, public_key: bytes, nonce: bytes | None = None) -> bytes:
        """Return a new document; see `SecurityModule.attest`.

        Cancelled, it ends at once: before its turn it has asked nothing, and later the answer is
        lost. The module may be busy with that call for a while still: the next one waits for it,
        and never runs beside it.

        Raises:
            ModuleFailed: the module made none; no block of `serving` is open, or it was left before
                there was an answer; or the module is busy for an event loop before this one.
        """
        line = self._line
        if line is None:
            raise _closed()
        call = _Call(lambda: self._module.attest(public_key=public_key, nonce=nonce))
        line.append(call)
        self._more.set()
        try:
            await call.over.wait()
        finally:
            if call in line:
                line.remove(call)
        if call.error is not None:
            raise call.error
        return call.answer

    async def _serve(self, line: deque[_Call]) -> None:
        threads = anyio.CapacityLimiter(1)
        while True:
            while line:
                await self._answer(line.popleft(), threads)
            self._more = anyio.Event()
            await self._more.wait()

    async def _answer(self, call: _Call, threads: anyio.CapacityLimiter) -> None:
        try:
            call.answer = await anyio.to_thread.run_sync(
                self._enter, call.ask, abandon_on_cancel=True, limiter=threads
            )
            call.error = None
        except Exception as error:  # whatever a module raises is for who has asked
            call.error = error
        finally:
            call.over.set()

    def _enter(self, ask: Callable[[], bytes]) -> bytes:
        """Ask, in a thread, unless the thread of an event loop before this one is there still."""
        if not self._inside.acquire(blocking=False):
            raise ModuleFailed(_OPERATION, BUSY)
        try:
            return ask()
        finally:
            self._inside.release()
