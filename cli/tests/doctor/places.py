"""Parties of a town at ports of loopback: real nodes, and servers that are none."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import attrs

from partywire import Node, Surroundings, open_node
from tests.certificates.building import Held
from tests.certificates.town import Town
from tests.loopback import Security, config_of, free_ports

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from partywire.delivery.hello import Way
    from tests.loopback import Config


@attrs.define
class Place:
    """A town whose parties have ports and files.

    Attributes:
        folder: where the files are.
        town: who holds what.
        ports: by party, where it is to be found.
    """

    folder: Path
    town: Town
    ports: dict[str, int]

    @classmethod
    def of(cls, folder: Path, town: Town) -> Place:
        ports = dict(zip(town.own, free_ports(len(town.own)), strict=True))
        return cls(folder, town, ports)

    def config(
        self, party: str, *peers: str, security: Security | None = None, **changes: Any
    ) -> Config:
        """A party's config with these peers; ``changes`` are those of ``[transport]``."""
        near = {peer: self.ports[peer] for peer in peers}
        given = security or OfTown(self)
        config = config_of(party, self.ports[party], near, given)
        config["transport"] |= changes
        return config

    def node(self, config: Config, ahead: float = 0.0) -> AbstractAsyncContextManager[Node]:
        """A real node, whose clock may be ahead."""
        return open_node(config, surroundings=Surroundings(wall=lambda: self.town.now + ahead))

    def held(self, party: str, held: Held) -> dict[str, str]:
        """The keys of ``[transport]`` for what a party holds, as files."""
        certificate = self.folder / f"{held.der[-8:].hex()}.pem"
        private_key = certificate.with_suffix(".key")
        if not certificate.exists():
            certificate.write_bytes(held.pem)
            private_key.touch(0o600)
            private_key.write_bytes(held.key_pem)
        return {"certificate": str(certificate), "private_key": str(private_key)}

    @asynccontextmanager
    async def showing(self, party: str, held: Held, **changes: Any) -> AsyncIterator[None]:
        """Somebody at a party's port, who shows that over TLS and says nothing."""
        files = self.held(party, held)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files["certificate"], files["private_key"])
        context.set_alpn_protocols(["h2"])
        for name, value in changes.items():
            setattr(context, name, value)

        def hear(caller: socket.socket) -> None:
            with context.wrap_socket(caller, server_side=True) as over_tls:
                while over_tls.recv(1024):
                    pass

        async with self.serving(party, hear):
            yield

    @asynccontextmanager
    async def serving(
        self, party: str, attend: Callable[[socket.socket], object]
    ) -> AsyncIterator[None]:
        """Somebody at a party's port, who does that with whoever comes, each in a thread."""

        class Attendant(BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    attend(self.request)

        with ThreadingTCPServer(("127.0.0.1", self.ports[party]), Attendant) as server:
            server.daemon_threads = True
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                await anyio.to_thread.run_sync(server.shutdown)
                thread.join()


async def until_its_way_is(way: Way, node: Node, peer: str) -> None:
    """Wait until that is how it stands with a node's connection to a peer."""
    engine = node._engine
    while engine.way_back(peer).way is not way:
        await engine.changed.wait()


def says_hello(caller: socket.socket) -> None:
    """What a mail server does."""
    caller.sendall(b"220 mail.example ESMTP\r\n")
    caller.recv(1024)


@attrs.frozen
class OfTown:
    """Mutual TLS with what a town holds; some of it may be another.

    Attributes:
        holds: by party, what it shows instead.
        knows: by party, what others have configured of it instead.
    """

    place: Place
    holds: Mapping[str, Held] = attrs.Factory(dict)
    knows: Mapping[str, Held] = attrs.Factory(dict)

    def transport(self, party: str) -> dict[str, Any]:
        held = self.holds.get(party, self.place.town.own[party])
        return {"plugin": "grpc-mtls", **self.place.held(party, held)}

    def peer(self, party: str) -> dict[str, Any]:
        if party in self.knows:
            return {"certificate": self.place.held(party, self.knows[party])["certificate"]}
        return self.place.town.written(self.place.folder)[party]

    def tables(self) -> Mapping[str, Any]:
        return {"verifier": [{"plugin": "x509"}]}
