"""What gRPC is to a publisher, over a real port."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import grpc

from partywire.identity import Credentials
from partywire.session.lifetimes import background
from partywire_grpc.addresses import Address
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc_mtls.own import Own
from partywire_grpc_mtls.publishing import Publisher, Served
from partywire_grpc_mtls.roots import Roots
from tests.certificates.wallet import common_wallet
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import pytest

WALLET = common_wallet("alice", "bob")
BOBS = WALLET.certificate("bob").read_bytes()


def own(certificate: bytes) -> Own:
    key = WALLET.certificate("alice").with_suffix(".key").read_bytes()
    (leaf,) = read_leaves(certificate, "alice")
    return Own(Credentials(certificate, key), leaf)


OWN = own(WALLET.certificate("alice").read_bytes())
FIRST = Served(OWN, Roots(throwaway=BOBS))
NEXT = Served(OWN, Roots(throwaway=BOBS, anchors={"bob": (BOBS,)}))
RENEWED = Served(own(BOBS), Roots(throwaway=BOBS))
ANSWER, ALERT = b"\x16", b"\x15"
PATIENCE = 20.0


class Server:
    """What gRPC is to a publisher: it asks at each connection, and begins a handshake.

    Attributes:
        given: what was due at each connection.
        over: set where the caller has hung up, by connection.
        knocks: how many strangers were counted.
    """

    def __init__(self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[object] = []
        self.over: list[anyio.Event] = []
        self.knocks = 0
        self.refusals = 0
        self.answer = ANSWER
        self.renewals = 0
        self.ask = self._asked_by_grpc(publisher, monkeypatch)

    def _asked_by_grpc(
        self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[], object]:
        asked: list[Callable[[], object]] = []

        def keep(_: object, fetcher: Callable[[], object], **__: object) -> None:
            asked.append(fetcher)

        with monkeypatch.context() as patched:
            patched.setattr(grpc, "dynamic_ssl_server_credentials", keep)
            publisher.credentials(self._knocked)
        return asked[0]

    def _knocked(self) -> None:
        self.knocks += 1

    def renewed(self) -> None:
        self.renewals += 1

    async def attend(self, stream: Any) -> None:
        over = anyio.Event()
        self.over.append(over)
        self.given.append(self.ask())
        if self.refusals:
            self.refusals -= 1
            await stream.aclose()
            return
        async with stream:
            try:
                assert (await stream.receive())[:1] == ANSWER
                await stream.send(self.answer)
                await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                over.set()


@asynccontextmanager
async def serving(
    monkeypatch: pytest.MonkeyPatch, *, listens: bool = True
) -> AsyncIterator[tuple[Publisher, Server]]:
    (port,) = free_ports(1)
    publisher = Publisher("alice", Address("0.0.0.0", port), FIRST)  # noqa: S104
    server = Server(publisher, monkeypatch)
    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as held:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
            await held.enter_async_context(listener)
            group = await held.enter_async_context(background())
            if listens:
                group.start_soon(listener.serve, server.attend)
            else:
                await listener.aclose()
            group.start_soon(publisher.run, server.renewed)
            await anyio.wait_all_tasks_blocked()
            yield publisher, server
