"""How a call is woken: by the event loop's shortest way, which is not the same for all of them."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol

import anyio
import anyio.lowlevel


class Signal(Protocol):
    """Happens once. Awaiting it returns when `set` was called, before or after."""

    def set(self) -> None:
        """Let it happen; a second time changes nothing."""

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for it; cancellation ends the wait as it ends any other."""


class Future(Awaitable[None], Protocol):
    """What `LoopSignal` uses of the futures that an event loop makes."""

    def done(self) -> bool:
        """Tell whether it has a result or was cancelled."""

    def set_result(self, result: None, /) -> None:
        """Wake who awaits it."""


class LoopSignal:
    """A signal by a future of the loop; an `anyio.Event` costs twice as much in asyncio."""

    __slots__ = ("_future",)

    def __init__(self, future: Future) -> None:
        """Take a new future, which nobody else knows."""
        self._future = future

    def set(self) -> None:
        """Wake who waits; one whose wait was cancelled is left alone."""
        if not self._future.done():
            self._future.set_result(None)

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for it."""
        return self._future.__await__()


class EventSignal:
    """A signal by an `anyio.Event`, wherever the loop makes no futures."""

    __slots__ = ("_event", "set")

    def __init__(self) -> None:
        """Make the event."""
        self._event = anyio.Event()
        self.set: Callable[[], None] = self._event.set

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for it."""
        return self._event.wait().__await__()


def signals() -> Callable[[], Signal]:
    """Return what makes signals in the running event loop."""
    loop = anyio.lowlevel.current_token().native_token
    new_future: Callable[[], Future] | None = getattr(loop, "create_future", None)
    if new_future is None:
        return EventSignal
    return lambda: LoopSignal(new_future())
