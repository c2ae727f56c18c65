"""What a call leaves behind, and what it does to the event loop."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import blockbuster
from anyio.lowlevel import checkpoint

_TURNS = 20
"""Turns of the event loop in which a task that was told to end may come to its end."""
_PAUSE = 0.001
"""Seconds between two looks at what runs."""


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Let the test fail when tasks run after the block that did not run before it."""
    before = {task.id for task in anyio.get_running_tasks()}
    yield
    for _ in range(_TURNS):
        if all(task.id in before for task in anyio.get_running_tasks()):
            return
        await checkpoint()
    left = [str(task.name) for task in anyio.get_running_tasks() if task.id not in before]
    assert not left, f"tasks are left behind: {', '.join(left)}"


@asynccontextmanager
async def no_task_stays() -> AsyncIterator[None]:
    """Let the test fail when tasks of the block do not end, and wait as long as that may take.

    For what has to come to an end at the other side of a connection, too. Tasks are told apart by
    what they run: a server may wait for its next caller in a new task.
    """
    before = _running()
    yield
    while _running() - before:  # noqa: ASYNC110
        await anyio.sleep(_PAUSE)


def _running() -> Counter[str]:
    """Return how many tasks run each function."""
    kinds = (getattr(task.coro, "__qualname__", "") for task in anyio.get_running_tasks())
    return Counter(kinds)


@contextmanager
def no_blocking() -> Iterator[None]:
    """Let every call fail that blocks the event loop: sleep, files, sockets that wait.

    Seen on asyncio only.
    """
    with blockbuster.blockbuster_ctx():
        yield
