"""How gRPC's server takes over other certificates and roots, while handshakes go on.

It puts one configuration in place of another as a handshake begins, without a lock, and frees the
old one with the last handshake that has begun by it. One that begins at that moment on another
thread uses what was freed, and the process crashes (seen with grpcio 1.85). So before each change a
handshake of our own begins by the old configuration, and it stays open for a while.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import attrs
import grpc

from partywire_grpc.addresses import Address
from partywire_grpc.looking import connected
from partywire_grpc_mtls.groups import client_hello
from partywire_grpc_mtls.own import Own
from partywire_grpc_mtls.roots import Roots, server_configuration, server_credentials

_log = logging.getLogger("partywire")

HOLD: Final = 2.0
"""Seconds that the old configuration outlives a change; whoever uses it needs microseconds."""
PAUSE: Final = 0.25
"""Seconds from one change to the next, at least: so eight are held side by side, at most."""
REACH: Final = 1.0
"""Seconds in which a handshake of our own has to begin."""
AGAIN: Final = 0.1
"""Seconds between two tries of that."""

_HERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # who listens everywhere
_BEGUN: Final = b"\x16"
"""How the answer to a handshake begins that was not refused (RFC 8446, section 5.1)."""
_UNGUARDED: Final = (
    "%s cannot begin a handshake with itself at %s within %.0f s, so a change of certificates was "
    "taken over without one; strangers who come at such a moment may crash the process. Let this "
    "machine connect to that address, and see who holds connections to its port"
)


@attrs.frozen
class Served:
    """What handshakes go by at one moment; it is replaced as a whole."""

    own: Own
    roots: Roots

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Return it for gRPC; where that fails, with the root that lets nobody in."""
        try:
            return server_configuration(self.own.credentials, self.roots.bundle())
        except Exception:
            _log.exception("the roots are none that gRPC takes, so nobody can call")
            return server_configuration(self.own.credentials, self.roots.throwaway)


class Publisher:
    """What the handshakes of one server go by. Its methods are called on gRPC's event loop.

    Attributes:
        shown: what callers are shown now.
    """

    def __init__(self, party: str, listen: Address, first: Served) -> None:
        """Prepare, for the party whose server listens there."""
        self._party = party
        self._listen = attrs.evolve(listen, host=_HERE.get(listen.host, listen.host))
        self._newest = first
        self.shown: Own = first.own
        self._due: deque[grpc.ServerCertificateConfiguration] = deque(maxlen=1)
        self._ours: deque[None] = deque()
        self._offered = 0
        self._published = 0
        self._news = asyncio.Event()
        self._progress = asyncio.Event()
        self._running = False
        self._warned = False

    def credentials(self, knocked: Callable[[], None]) -> grpc.ServerCredentials:
        """Return credentials for the server; `run` changes what they are.

        Which handshakes fail gRPC tells nobody, so each that begins counts as a knock, but for
        those of our own. It is given a configuration once for each change, and None otherwise.
        """

        def looked_up() -> grpc.ServerCertificateConfiguration | None:
            try:
                self._ours.pop()
            except IndexError:
                knocked()
            try:
                return self._due.pop()
            except IndexError:
                return None

        return server_credentials(self._newest.configuration(), looked_up)

    def offer(self, served: Served) -> None:
        """Have handshakes go by that soon; what was offered just before may be left out."""
        self._newest = served
        self._offered += 1
        self._news.set()

    async def settled(self) -> None:
        """Wait until every handshake that begins goes by what was offered so far, or is newer.

        That takes milliseconds after a quiet time, `PAUSE` more after another change, and four
        times `REACH` more where this node does not reach itself. Without a server it is at once.
        """
        goal = self._offered
        while self._running and self._published < goal:
            await self._progress.wait()

    async def run(self, renewed: Callable[[], None]) -> None:
        """Publish what is offered for as long as the server is there, until cancelled.

        ``renewed`` is called when callers are shown another certificate than before.
        """
        self._running = True
        try:
            async with asyncio.TaskGroup() as held:
                while True:
                    await self._news.wait()
                    published = asyncio.Event()
                    held.create_task(self._publish(published, renewed))
                    await published.wait()
                    await asyncio.sleep(PAUSE)
        finally:
            self._running = False
            self._progress.set()

    async def _publish(self, published: asyncio.Event, renewed: Callable[[], None]) -> None:
        """Publish the newest, and hold what was before it for `HOLD` more."""
        async with self._handshake():
            self._news.clear()
            served, number = self._newest, self._offered
            self._due.append(served.configuration())
            async with self._handshake():
                self._published = number
            self._progress.set()
            self._progress = asyncio.Event()
            published.set()
            if served.own != self.shown:
                self.shown = served.own
                renewed()
            await asyncio.sleep(HOLD)

    @asynccontextmanager
    async def _handshake(self) -> AsyncIterator[None]:
        """Hold a handshake with ourselves that has begun.

        Where none can be had, go on: nobody could be let in or sent away any more otherwise.
        """
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(REACH):
                    while True:
                        if await self._begun(held):
                            break
                        await asyncio.sleep(AGAIN)
            except OSError as error:
                self._warn(error)
            yield

    async def _begun(self, held: AsyncExitStack) -> bool:
        """Begin a handshake; tell whether it did, as the port may be full at that moment."""
        begun = False
        self._ours.append(None)
        try:
            async with AsyncExitStack() as connection:
                reader, writer = await connection.enter_async_context(connected(self._listen))
                writer.write(client_hello())
                begun = await reader.read(1) == _BEGUN
                if begun:
                    held.push_async_callback(connection.pop_all().aclose)
        except ConnectionRefusedError:
            raise
        except OSError:
            return False
        finally:
            if not begun:
                self._ours.clear()
        return begun

    def _warn(self, error: OSError) -> None:
        """Say it once, unless nobody listens there (any more)."""
        if not self._warned and not isinstance(error, ConnectionRefusedError):
            self._warned = True
            _log.warning(_UNGUARDED, self._party, self._listen, REACH)
