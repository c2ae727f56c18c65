"""Attested parties over real sockets, whose enclaves are of a development module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec

from partywire import open_node
from partywire_nitro_attest.development import measured, new_root
from partywire_nitro_attest.development.root_file import root_in_pem
from tests.certificates.building import authority, make
from tests.loopback import Config, config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire import Node

NAMES = ("alice", "bob")
RELEASE = "1.0"


def pcrs_of(image: str) -> dict[str, str]:
    """PCR0, PCR1 and PCR2 of that image, as a config names them."""
    return {f"pcr{index}": measured(image)[index].hex() for index in range(3)}


@attrs.define
class Deployment:
    """Two parties, each with an attester, who know each other by nitro and x509.

    Attributes:
        folder: where files are.
        mode: who vouches for their certificates.
        level: what each asks of the other; without one nothing is attested, and their CAs have
            issued what they show.
        images: by party, what runs there, where it is not the trusted one.
        attester: more keys of ``[attester]``.
        verifier: more keys of ``[[verifier]]``, that of nitro.
        limits: keys of ``[limits]``.
    """

    folder: Path
    mode: str = "full-auto"
    level: str | None = "bound"
    images: Mapping[str, str] = attrs.Factory(dict)
    attester: Mapping[str, Any] = attrs.Factory(dict)
    verifier: Mapping[str, Any] = attrs.Factory(dict)
    limits: Mapping[str, Any] = attrs.Factory(dict)
    now: float = attrs.field(factory=time.time, init=False)
    fingerprint: str = attrs.field(init=False)
    ports: dict[str, int] = attrs.field(init=False)
    configs: dict[str, Config] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        root = new_root(self.now)
        self.fingerprint = root.fingerprint
        self._private("root.pem", root_in_pem(root))
        for party in NAMES:
            ca = authority(party, self.now, key=ec.generate_private_key(ec.SECP256R1()))
            shown = make(party, now=self.now, by=ca)
            for name, held in ((party, ca), (f"{party}_shown", shown)):
                self._private(f"{name}.crt", held.pem)
                self._private(f"{name}.key", held.key_pem)
        self.configs = {party: self._config(party) for party in NAMES}

    def node(self, party: str) -> Any:
        """The node of a party, to be entered."""
        return open_node(self.configs[party])

    @asynccontextmanager
    async def nodes(self) -> AsyncIterator[dict[str, Node]]:
        """All nodes, which have met."""
        async with AsyncExitStack() as stack:
            nodes = {party: await stack.enter_async_context(self.node(party)) for party in NAMES}
            for node in nodes.values():
                await node.ready()
            yield nodes

    def transport(self, party: str) -> dict[str, Any]:
        """What `config_of` asks for."""
        certificate, key = self._files(f"{party}_shown")
        plain = {"certificate": certificate, "private_key": key}
        return {"plugin": "grpc-mtls", **({} if self.level else plain)}

    def peer(self, party: str) -> dict[str, Any]:
        """What `config_of` asks for."""
        certificate, _ = self._files(party)
        if self.mode == "full-auto":
            known = {"anchor": "ca", "certificate": certificate}
        else:
            known = {"anchor": "by-attestation", "party_certificate": certificate}
        return {**known, "level": self.level} if self.level else known

    def tables(self) -> Mapping[str, Any]:
        """What `config_of` asks for."""
        release = {"name": RELEASE, **pcrs_of("trusted")}
        nitro = {
            "plugin": "nitro",
            "development_root": self.fingerprint,
            "release": [release],
            **self.verifier,
        }
        return {"verifier": [{"plugin": "x509"}, *([nitro] if self.level else [])]}

    def _config(self, party: str) -> Config:
        attester = {
            "plugin": "nitro-development",
            "mode": self.mode,
            "root": str(self.folder / "root.pem"),
            "image": self.images.get(party, "trusted"),
            **self._vouching(party),
            **self.attester,
        }
        tables = {"limits": self.limits, **({"attester": attester} if self.level else {})}
        return config_of(party, self.ports[party], self.ports, self, **tables)

    def _vouching(self, party: str) -> dict[str, str]:
        certificate, key = self._files(party)
        if self.mode == "full-auto":
            return {"ca_certificate": certificate, "ca_key": key}
        return {"party_certificate": certificate}

    def _files(self, name: str) -> tuple[str, str]:
        return str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")

    def _private(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
