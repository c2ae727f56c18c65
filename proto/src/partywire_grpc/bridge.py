"""Between the node's event loop and gRPC's, which is asyncio's: the same one, or a thread's.

Under asyncio both are one loop, and a call to the other side is a plain call. Under trio gRPC runs
in a thread that all nodes of the process share. What crosses over waits in two queues, one each
way, and wakes the other side once for all that is there.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import anyio.lowlevel
import anyio.to_thread

from partywire_grpc.loops import ForgivingLoop

_log = logging.getLogger("partywire")

Call = Callable[..., None]
Work = Callable[[], Coroutine[Any, Any, Any]]

GRACE: Final = 5.0
"""Seconds that work of gRPC may take to end once it was told to."""


class Queue:
    """Calls for another thread's event loop, which ``wake`` makes call something soon."""

    def __init__(self, wake: Callable[[Callable[[], None]], object]) -> None:
        self._wake = wake
        self._calls: deque[tuple[Call, tuple[Any, ...]]] = deque()
        self._awake = False

    def post(self, call: Call, *given: Any) -> None:
        """Have something called over there, in the order of the posts."""
        self._calls.append((call, given))
        if not self._awake:
            self._awake = True
            try:
                self._wake(self._drain)
            except RuntimeError:
                self._calls.clear()  # the loop over there has ended

    def _drain(self) -> None:
        self._awake = False
        for _ in range(len(self._calls)):
            call, given = self._calls.popleft()
            try:
                call(*given)
            except Exception:
                _log.exception("a call from another thread failed")


class Job:
    """Work on gRPC's event loop, as the node sees it."""

    def __init__(self, bridge: "Bridge", work: Work) -> None:
        self._bridge = bridge
        self._work = work
        self._task: asyncio.Task[Any] | None = None
        self._done = anyio.Event()
        self._error: BaseException | None = None
        self._result: Any = None

    async def result(self) -> Any:
        """Wait for its end; return what it returned, or raise what it raised."""
        await self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result

    async def finish(self) -> None:
        """Cancel it, and wait for its end, for `GRACE` seconds at most; nothing cancels that."""
        self._bridge.to_wire(self._cancel)
        with anyio.move_on_after(GRACE, shield=True) as scope:
            await self._done.wait()
        if scope.cancelled_caught:
            _log.error("work of gRPC did not end within %.0f s", GRACE)

    def start(self) -> None:
        """Begin; called on gRPC's event loop."""
        self._task = asyncio.get_running_loop().create_task(self._work())
        self._task.add_done_callback(self._over)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._task = None  # a cancelled task holds its frames, and they hold a connection
        error = None if task.cancelled() else task.exception()
        result = None if task.cancelled() or error else task.result()
        self._bridge.to_node(self._set, error, result)

    def _set(self, error: BaseException | None, result: Any) -> None:
        self._error, self._result = error, result
        self._done.set()


class Bridge:
    """Calls from the node's side to gRPC's and back."""

    def __init__(self, to_wire: Call, to_node: Call) -> None:
        self.to_wire: Call = to_wire
        self.to_node: Call = to_node

    def start(self, work: Work) -> Job:
        """Start work on gRPC's event loop. Whoever starts it sees to its end, by `Job.finish`."""
        job = Job(self, work)
        self.to_wire(job.start)
        return job

    async def run(self, work: Work) -> Any:
        """Run work on gRPC's event loop and return what it returns; cancelled, so is the work."""
        job = self.start(work)
        try:
            return await job.result()
        finally:
            await job.finish()


@asynccontextmanager
async def opened_bridge() -> AsyncIterator[Bridge]:
    """Hold a bridge to gRPC's event loop, from the loop that runs here."""
    here: Any = anyio.lowlevel.current_token().native_token
    if isinstance(here, asyncio.AbstractEventLoop):
        yield Bridge(_at_once, _at_once)
        return
    thread = _thread.enter()
    try:
        yield Bridge(thread.queue.post, Queue(here.run_sync_soon).post)
    finally:
        with anyio.CancelScope(shield=True):
            await _thread.leave()


def _at_once(call: Call, *given: Any) -> None:
    call(*given)


class _Thread:
    """An event loop of asyncio in a thread of its own."""

    def __init__(self) -> None:
        self.loop = ForgivingLoop()
        self.queue = Queue(self.loop.call_soon_threadsafe)
        self.thread = threading.Thread(target=self._run, name="partywire-grpc", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


class _Shared:
    """The thread of this process; it runs as long as somebody uses it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._thread: _Thread | None = None

    def enter(self) -> _Thread:
        with self._lock:
            self._users += 1
            if self._thread is None:
                self._thread = _Thread()
            return self._thread

    async def leave(self) -> None:
        with self._lock:
            self._users -= 1
            thread = None if self._users else self._thread
            if thread is not None:
                self._thread = None
        if thread is not None:
            await anyio.to_thread.run_sync(thread.stop)


_thread: Final = _Shared()
