"""Ends in an orderly way what runs, when the program is to end."""

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

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
    """Cancel the block where the program is interrupted, told to quit, or loses its terminal.

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


@contextmanager
def unwrapped() -> Iterator[None]:
    """Let what ends the program leave an event loop as itself.

    Ctrl-C may be raised inside of it, and so may rich's `SystemExit` where nobody reads the output
    any more; task groups wrap them up.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
        if group.subgroup(SystemExit):
            raise SystemExit(1) from None
        raise


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
    return always if sys.platform == "win32" else [*always, signal.SIGHUP, signal.SIGQUIT]
