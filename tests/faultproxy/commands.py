"""Commands to a proxy as lines of text, for one that runs in another thread or process.

strike KIND [AMOUNT] [up|down] [after BYTES]    once, every connection that stands
prevail KIND [AMOUNT] [up|down] [after BYTES]   those that come too, until the proxy is healed
heal
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio.from_thread import start_blocking_portal

from tests.faultproxy.faults import Fault, Kind, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faultproxy.proxy import Proxy


def obey(proxy: Proxy, line: str) -> None:
    """Do what a line says. Raises `ValueError` for one that is no command."""
    verb, *words = line.split()
    if verb == "heal" and not words:
        proxy.heal()
    elif verb == "strike":
        proxy.strike(_fault(words))
    elif verb == "prevail":
        proxy.prevail(_fault(words))
    else:
        raise ValueError(f"no command: {line!r}")


@contextmanager
def in_thread(proxy: Proxy) -> Iterator[Callable[[str], None]]:
    """Run a proxy in a thread with an event loop of its own; gives what takes its commands.

    Opening, closing and each command wait for that thread, for moments.
    """
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(proxy.running()),
    ):
        yield lambda line: portal.call(obey, proxy, line)


def _fault(words: list[str]) -> Fault:
    kind, *rest = words or [""]
    after, way, amount = 0, None, 0.0
    if len(rest) >= 2 and rest[-2] == "after":
        after, rest = int(rest[-1]), rest[:-2]
    if rest and rest[-1] in ("up", "down"):
        way = Way(rest.pop())
    if rest:
        amount = float(rest.pop())
    if rest:
        raise ValueError(f"not understood: {' '.join(rest)}")
    return Fault(Kind(kind), amount, way, after)
