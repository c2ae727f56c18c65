"""Virtual time: where nobody has anything to do, the time goes straight to the next timer.

On asyncio by an event loop of our own, on trio by its mock clock. While a worker thread of anyio
runs, the time stands still.
"""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from math import inf, nextafter
from typing import Any, Protocol, TypeVarTuple, Unpack

import anyio.lowlevel
import anyio.to_thread

from partywire.errors import OptionInvalid
from partywire.session.lifetimes import background

Look = Callable[[float | None], float]
"""Asked before the time moves: given when the next timer is due (None: there is no timer at all),
it returns how far the time may go."""

Ts = TypeVarTuple("Ts")

_THREADS_LOOKED_AT = 0.001
_RESOLUTION = 1e-9


class _Limiter(Protocol):
    @property
    def borrowed_tokens(self) -> int: ...


def virtual_backend(backend: str = "asyncio") -> tuple[str, dict[str, Any]]:
    """Return a backend on virtual time: a name and the options of `anyio.run`.

    As the value of the fixture ``anyio_backend`` it lets anyio's pytest plugin run tests on virtual
    time.

    Raises:
        OptionInvalid: the backend is neither ``"asyncio"`` nor ``"trio"``.
    """
    if backend == "asyncio":
        return backend, {"loop_factory": VirtualLoop}
    if backend == "trio":
        import trio.testing

        return backend, {"clock": trio.testing.MockClock(autojump_threshold=0)}
    raise OptionInvalid("backend", "one of: asyncio, trio")


class _Selector(selectors.DefaultSelector):
    """Looks for events without waiting; where there are none, the time passes instead."""

    passes: Callable[[float | None], bool]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready. Wait for it only where the time stands still."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0) or self.passes(timeout):
            return ready
        return super().select(None)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose time begins at 0 and passes only while it has nothing to do."""

    def __init__(self) -> None:
        """Start at 0."""
        self._virtual = 0.0
        self.look: Look | None = None
        self.threads: _Limiter | None = None
        selector = _Selector()
        selector.passes = self._passes
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._virtual

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at that time. One at infinity is no timer: anyio sets it to sleep for ever."""
        if when == inf:
            return asyncio.TimerHandle(when, callback, args, self, context)
        return super().call_at(when, callback, *args, context=context)

    def _passes(self, pause: float | None) -> bool:
        """Let the time go to the next timer; tell whether it could."""
        if self.threads is not None and self.threads.borrowed_tokens:
            return False
        until = None if pause is None else self._virtual + pause
        if self.look is not None:
            until = self.look(until)
        if until is None:
            return False
        self._virtual = max(_due(until), self._virtual)
        return True


def _due(when: float) -> float:
    """Return a time at which asyncio calls a timer of ``when``.

    It has to be less than that time and a nanosecond: after half a year that is the same number.
    """
    return when if when + _RESOLUTION > when else nextafter(when, inf)


@asynccontextmanager
async def overseen(look: Look) -> AsyncIterator[None]:
    """Ask ``look`` before the time moves, within the block. Needs a `virtual_backend`.

    Raises:
        OptionInvalid: the event loop runs on the time of the world.
    """
    native = anyio.lowlevel.current_token().native_token
    threads = anyio.to_thread.current_default_thread_limiter()
    if isinstance(native, VirtualLoop):
        native.look, native.threads = look, threads
        try:
            yield
        finally:
            native.look = native.threads = None
    elif isinstance(native, asyncio.AbstractEventLoop):
        raise OptionInvalid("the event loop", "one of virtual_backend")
    else:
        async with _overseen_trio(look, threads):
            yield


@asynccontextmanager
async def _overseen_trio(look: Look, threads: _Limiter) -> AsyncIterator[None]:
    import trio.abc
    import trio.lowlevel
    import trio.testing

    clock = trio.lowlevel.current_clock()
    if not isinstance(clock, trio.testing.MockClock):
        raise OptionInvalid("the event loop", "one of virtual_backend")

    class Woken(trio.abc.Instrument):
        """Counts the tasks that go on after the last look for events."""

        count = 0

        def after_io_wait(self, timeout: float) -> None:
            self.count = 0

        def task_scheduled(self, task: trio.lowlevel.Task) -> None:
            self.count += 1

    woken = Woken()

    async def drive() -> None:
        """Move the clock, each time that every other task waits, and for nothing but the time."""
        while True:
            await trio.testing.wait_all_tasks_blocked()
            if woken.count > 1:
                continue
            if threads.borrowed_tokens:
                await trio.testing.wait_all_tasks_blocked(_THREADS_LOOKED_AT)
                continue
            now = clock.current_time()
            pause = trio.lowlevel.current_statistics().seconds_to_next_deadline
            until = look(None if pause == inf else now + pause)
            clock.jump(max(until - now, 0.0))

    before, clock.autojump_threshold = clock.autojump_threshold, inf
    trio.lowlevel.add_instrument(woken)
    try:
        async with background() as group:
            group.start_soon(drive)
            yield
    finally:
        trio.lowlevel.remove_instrument(woken)
        clock.autojump_threshold = before
