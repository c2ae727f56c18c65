"""What the verifier ``x509`` says that it trusts keeps its contract, and so does its transport."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from partywire.testing import TrustedCase, TrustedContract
from partywire_grpc.certificates.files import write_private
from tests.certificates.building import Held, authority, make

from .test_anchors import KeyProver, config

if TYPE_CHECKING:
    from pathlib import Path

NOW = time.time()
Peers = dict[str, dict[str, str]]


class Offices:
    """The files of alice's peers, and her own, at two places."""

    def __init__(self, folder: Path) -> None:
        self.here, self.there = folder / "here", folder / "there"
        self.here.mkdir()
        self.alice = make("alice", now=NOW)
        self.held: dict[str, tuple[Held, ...]] = {
            "alice": (self.alice,),
            "bob": (make("bob", now=NOW),),
            "new_bob": (make("bob", now=NOW),),
            "ca_of_bob": (authority("bob", NOW),),
            "carol": (make("carol", now=NOW),),
        }
        self.held["both_bobs"] = self.held["bob"] + self.held["new_bob"]
        for name, several in self.held.items():
            self._write(self.here / f"{name}.crt", several)
        write_private(self.here / "alice.key", self.alice.key_pem)
        shutil.copytree(self.here, self.there)

    def _write(self, path: Path, several: tuple[Held, ...]) -> None:
        path.write_bytes(b"".join(each.pem for each in several))

    def peers(self, place: Path, bob: str = "bob", **keys: str) -> Peers:
        """What is said of bob and carol, whose files are there."""
        return {
            "bob": {"certificate": str(place / f"{bob}.crt"), **keys},
            "carol": {"certificate": str(place / "carol.crt")},
        }

    @property
    def same(self) -> dict[str, Peers]:
        return {"where its files are": self.peers(self.there)}

    @property
    def others(self) -> dict[str, Peers]:
        usual = self.peers(self.here)
        attested = {"anchor": "by-attestation"}
        return {
            "another certificate": self.peers(self.here, "new_bob"),
            "one more certificate": self.peers(self.here, "both_bobs"),
            "a CA": self.peers(self.here, "ca_of_bob", anchor="ca"),
            "no certificate of bob": {**usual, "bob": attested},
            "no certificate of carol": {**usual, "carol": attested},
        }


class OfOffices(TrustedContract):
    plugins = (KeyProver(),)
    offices: Offices

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.offices = Offices(tmp_path)

    def content(self, peers: Peers) -> dict[str, Any]:
        verifiers = [{"plugin": "x509"}, {"plugin": "enclave"}]
        listed = [{"id": party, **keys} for party, keys in peers.items()]
        return config(*listed, verifier=verifiers)


class TestX509(OfOffices):
    name: ClassVar[str] = "x509"

    def case(self) -> TrustedCase:
        offices = self.offices
        return TrustedCase(
            self.content(offices.peers(offices.here)),
            {what: self.content(peers) for what, peers in offices.same.items()},
            {what: self.content(peers) for what, peers in offices.others.items()},
        )


class TestTransport(OfOffices):
    name: ClassVar[str] = "grpc-mtls"

    def content(self, peers: Peers, **changes: Any) -> dict[str, Any]:
        place = changes.pop("place", self.offices.here)
        transport = {
            "plugin": self.name,
            "listen": "127.0.0.1:7001",
            "reference_listen": "127.0.0.1:7002",
            "certificate": str(place / "alice.crt"),
            "private_key": str(place / "alice.key"),
            **changes,
        }
        addressed = {
            party: {"address": f"{party}.example:7000", **keys} for party, keys in peers.items()
        }
        return {**super().content(addressed), "transport": transport}

    def case(self) -> TrustedCase:
        offices = self.offices
        usual = offices.peers(offices.here)
        elsewhere = {**usual, "bob": {**usual["bob"], "address": "elsewhere.example:7000"}}
        singly = {**usual, "bob": {**usual["bob"], "wire": "reference"}}
        return TrustedCase(
            self.content(usual),
            {
                "where its files are": self.content(usual, place=offices.there),
                "what x509 goes by": self.content(offices.peers(offices.there)),
                "where it listens": self.content(usual, listen="127.0.0.1:7011"),
                "and for single calls": self.content(usual, reference_listen="127.0.0.1:7012"),
                "where a peer listens": self.content(elsewhere),
            },
            {"the wire of a peer": self.content(singly)},
            secrets=[offices.alice.key_pem],
        )
