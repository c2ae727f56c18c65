"""Task groups that users enter without knowing: their own exception leaves as itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType

import anyio
from anyio.abc import TaskGroup


class Aside:
    """Holds what a block raises until the task groups around it are closed; then raises it bare.

    Cancellation is not set aside: it belongs to the scopes around.
    """

    def __init__(self) -> None:
        """Nothing was raised yet."""
        self.error: BaseException | None = None

    def __enter__(self) -> "Aside":
        """Begin the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Keep the exception, but for what is cancellation in it."""
        cancelled = anyio.get_cancelled_exc_class()
        if error is None or isinstance(error, (cancelled, GeneratorExit)):
            return False
        if isinstance(error, BaseExceptionGroup):
            gone, rest = error.split(cancelled)
            if gone is not None:
                self.error = rest
                raise gone
        self.error = error
        return True

    def raise_again(self) -> None:
        """Raise what was set aside, if anything was."""
        if self.error is not None:
            raise self.error


@asynccontextmanager
async def background() -> AsyncIterator[TaskGroup]:
    """Run tasks beside the block and cancel them when it ends.

    What the block raises is raised unwrapped. What a task raises cancels the block and leaves as an
    exception group.
    """
    aside = Aside()
    async with anyio.create_task_group() as group:
        with aside:
            yield group
        group.cancel_scope.cancel()
    aside.raise_again()
