"""A background task that starts at the first reason for it."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from anyio.abc import TaskGroup


class OnDemand:
    """Runs ``run`` from the first reason on."""

    def __init__(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """There is no reason yet."""
        self._run = run
        self._wanted = False
        self._group: TaskGroup | None = None
        self._scope = anyio.CancelScope()

    def ready(self, group: TaskGroup) -> None:
        """Let it run in that group; at once, where there was a reason before."""
        self._group = group
        if self._wanted:
            group.start_soon(self._go)

    def want(self) -> None:
        """There is a reason."""
        if not self._wanted and self._group is not None:
            self._group.start_soon(self._go)
        self._wanted = True

    def stop(self) -> None:
        """End what runs; no reason starts it again."""
        self._wanted = True
        self._group = None
        self._scope.cancel()

    async def _go(self) -> None:
        with self._scope:
            await self._run()
