"""The addresses of a host's name: each name is looked up by one thread at most.

Whoever holds a name decides how long its look-up takes. In the threads of the event loop, which are
few, a few of them could keep everybody else waiting.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Final

from partywire_grpc.addresses import Address

MOST: Final = 4
"""Addresses of one name that are tried."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def resolve(host: str) -> list[str]:
    """Return the IP addresses of a name. Raises `OSError`; blocks."""
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


class Names:
    """Look-ups of one process, on any event loops of asyncio."""

    def __init__(self, resolve: Callable[[str], list[str]] = resolve) -> None:
        """Let ``resolve`` find the addresses of a name; it may block, and raises `OSError`."""
        self._resolve = resolve
        self._lock = Lock()
        self._under_way: dict[str, Future[list[str]]] = {}

    async def addresses_of(self, host: str) -> list[str]:
        """Return the addresses of a name, `MOST` at most. Raises `OSError`.

        Where that name is being looked up already, wait for that. A cancelled call leaves its
        thread behind, for the next one.
        """
        return await asyncio.wrap_future(self._asked(host))

    def _asked(self, host: str) -> Future[list[str]]:
        with self._lock:
            found = self._under_way.get(host)
            if found is None:
                found = Future()
                found.set_running_or_notify_cancel()  # whoever gives up, cancels nobody else's
                thread = Thread(
                    target=self._find, args=(host, found), name="partywire-name", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError as error:
                    raise OSError(errno.EAGAIN, str(error)) from error
                self._under_way[host] = found
            return found

    def _find(self, host: str, found: Future[list[str]]) -> None:
        addresses: list[str] = []
        problem: Exception | None = None
        try:
            addresses = self._resolve(host)[:MOST]
        except Exception as error:
            problem = error
        with self._lock:
            del self._under_way[host]
        if problem is None:
            found.set_result(addresses)
        else:
            found.set_exception(problem)


NAMES: Final = Names()


async def addresses_of(address: Address) -> list[str]:
    """Return the IP addresses of a host, which is a name or one of them. Raises `OSError`."""
    return await NAMES.addresses_of(address.host) if address.is_name else [address.host]


async def connection_to(address: Address, limit: int) -> Streams:
    """Connect to the first address of a host that answers; ``limit`` bytes are read ahead.

    Raises `OSError`: that of the last one, or `socket.gaierror` where it has no address.
    """
    problem: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for host in await addresses_of(address):
        try:
            return await asyncio.open_connection(host, address.port, limit=limit)
        except OSError as error:
            problem = error
    raise problem
