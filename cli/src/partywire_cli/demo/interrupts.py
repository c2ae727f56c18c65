"""Ends what runs in an orderly way when somebody outside ends the program."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskStatus


class Interrupted(Exception):
    """The program is to end, and what ran has been ended.

    Attributes:
        number: the signal.
    """

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"ended by {number.name}")
        self.number: signal.Signals = number


@asynccontextmanager
async def interruptible() -> AsyncIterator[None]:
    """Cancel the block where the program is interrupted, terminated, or loses its terminal.

    Signals that the program was started to ignore stay ignored.

    Raises:
        Interrupted: that happened.
    """
    caught: list[signal.Signals] = []
    heeded = [each for each in _all() if signal.getsignal(each) is not signal.SIG_IGN]
    async with anyio.create_task_group() as group:
        if heeded:
            await group.start(_catch, heeded, caught, group.cancel_scope)
        yield
        group.cancel_scope.cancel()
    if caught:
        raise Interrupted(caught[0])


async def _catch(
    heeded: list[signal.Signals],
    caught: list[signal.Signals],
    scope: anyio.CancelScope,
    *,
    task_status: TaskStatus[None],
) -> None:
    with anyio.open_signal_receiver(*heeded) as signals:
        task_status.started()
        async for number in signals:
            caught.append(number)
            scope.cancel()


def _all() -> list[signal.Signals]:
    always = [signal.SIGINT, signal.SIGTERM]
    return always if sys.platform == "win32" else [*always, signal.SIGHUP]
