"""The verifier keeps the contract of verifiers, in both modes and at both levels."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from partywire.testing import VerifierCase, VerifierContract, garblings
from partywire_nitro_attest import pcr_of_text
from partywire_nitro_attest.peers import NitroPeer
from tests.certificates.building import make

from .enclaves import (
    IMAGE,
    LIFE,
    NOW,
    Enclave,
    anchored,
    evidence,
    signed_by,
    verifier,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire_grpc.certificates.evidence import TlsEvidence
    from partywire_nitro_attest.verifier import NitroVerifier

BINDING = hashlib.sha384(b"a connection").digest()
PARTIES = ("bob", "carol")
CERTIFICATES = {party: make(party, now=NOW) for party in PARTIES}
ROLES = {party: {**IMAGE, 3: pcr_of_text(f"role of {party}")} for party in PARTIES}


class OfEnclaves(VerifierContract):
    """Two enclaves of one image, which differ by what is configured of their parties."""

    binding: ClassVar[bytes | None] = None
    verifiers: tuple[NitroVerifier, NitroVerifier]
    shown: dict[str, TlsEvidence]

    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        plain = {party: attrs.evolve(shown, proof=b"") for party, shown in self.shown.items()}
        yield VerifierCase(
            verifier=self.verifiers[0],
            same=self.verifiers[1],
            expected="bob",
            evidence=plain["bob"],
            others=[plain["carol"]],
            garbled=garblings(plain["bob"], "leaf"),
            now=NOW,
            valid_until=float(int(NOW + LIFE - 60)),
            proved=(self.shown["bob"], self.binding) if self.binding else None,
        )


class OfRoles(OfEnclaves):
    """The role of each party is pinned, as nothing else that this verifier sees says who it is."""

    @pytest.fixture(autouse=True)
    def made_before(self) -> None:
        level: Any = "bound" if self.binding else "certificate"
        peers, self.shown = {}, {}
        for party, pcrs in ROLES.items():
            peers[party] = NitroPeer(level, {"pcr3": pcrs[3].hex()})
            enclave = Enclave(party, pcrs)
            proof = enclave.document(nonce=self.binding) if self.binding else b""
            self.shown[party] = evidence(party, enclave.shows(), proof)
        self.verifiers = verifier(peers), verifier(peers)


class TestFullAuto(OfRoles):
    """By their certificates."""


class TestFullAutoBound(OfRoles):
    """Each connection is proved, too."""

    binding = BINDING


class OfSigners(OfEnclaves):
    @pytest.fixture(autouse=True)
    def made_before(self, tmp_path: Path) -> None:
        """Where reading files may block."""
        peers, self.shown = {}, {}
        for party, own in CERTIFICATES.items():
            folder = tmp_path / party
            folder.mkdir()
            level = "bound" if self.binding else "certificate"
            peers[party] = anchored(folder, own, level=level)
            enclave = Enclave(party, signed_by(own))
            proof = enclave.document(nonce=self.binding) if self.binding else b""
            shown = enclave.shows(party_certificate=own.der)
            self.shown[party] = evidence(party, shown, proof)
        self.verifiers = verifier(peers), verifier(peers)


class TestSemiAuto(OfSigners):
    """Their images were signed with their party certificates."""


class TestSemiAutoBound(OfSigners):
    """Each connection is proved, too."""

    binding = BINDING
