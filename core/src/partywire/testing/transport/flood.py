"""Large batches without an end, to fill a channel."""

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from partywire.delivery.limits import MIB
from partywire.errors import TransportError
from partywire.testing.samples import numbered
from partywire.testing.transport.stand import Line

_TURNS = 50


class Flood:
    """Batches of 1 MiB, delivered one after another until there are ``count`` or an error comes.

    Attributes:
        delivered: how many calls of `deliver` have returned.
        error: what ended it before its time.
        scope: cancels it.
    """

    def __init__(self, group: TaskGroup, line: Line, count: int) -> None:
        """Begin."""
        self.delivered: int = 0
        self.error: TransportError | None = None
        self.scope: anyio.CancelScope = anyio.CancelScope()
        self._ended = anyio.Event()
        group.start_soon(self._run, line, count)

    async def ended(self) -> None:
        """Wait for the end."""
        await self._ended.wait()

    async def stopped(self, quiet: float) -> bool:
        """Wait until it ends, or has made no step for so long; tell whether it stands still."""
        seen = -1
        while seen < self.delivered and not self._ended.is_set():
            seen = self.delivered
            with anyio.move_on_after(quiet):
                await self._ended.wait()
            for _ in range(_TURNS):  # a machine that was busy elsewhere is no standstill
                await checkpoint()
        return not self._ended.is_set()

    async def _run(self, line: Line, count: int) -> None:
        try:
            with self.scope:
                for number in range(count):
                    await line.deliver(numbered(number, MIB))
                    self.delivered += 1
        except TransportError as error:
            self.error = error
        finally:
            self._ended.set()
