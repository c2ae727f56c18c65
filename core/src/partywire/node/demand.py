"""A background task that starts at the first reason for it."""

from collections.abc import Callable, Coroutine
from typing import Any

from anyio.abc import TaskGroup


class OnDemand:
    """Runs ``run`` from the first reason on."""

    def __init__(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """There is no reason yet."""
        self._run = run
        self._wanted = False
        self._group: TaskGroup | None = None

    def ready(self, group: TaskGroup) -> None:
        """Let it run in that group; at once, where there was a reason before."""
        self._group = group
        if self._wanted:
            group.start_soon(self._run)

    def want(self) -> None:
        """There is a reason."""
        if not self._wanted and self._group is not None:
            self._group.start_soon(self._run)
        self._wanted = True
