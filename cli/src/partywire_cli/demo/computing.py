"""Where a party computes what takes long."""

from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Compute(Protocol):
    """Calls a function and returns what it returns.

    `anyio.to_thread.run_sync` is one: the event loop goes on carrying messages.
    """

    async def __call__(self, function: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Call it."""


async def at_once(function: Callable[[*Ts], T], /, *args: *Ts) -> T:
    """Compute while everybody waits: for a simulation, which chance among threads would disturb."""
    return function(*args)
