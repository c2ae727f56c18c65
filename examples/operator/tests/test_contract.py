"""The plugin keeps the contracts of verifiers, attesters and plugins."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest

from partywire import Limits
from partywire.setting import Setting
from partywire.testing import (
    AttesterCase,
    AttesterContract,
    PluginContract,
    TrustedCase,
    TrustedContract,
    VerifierCase,
    VerifierContract,
    garblings,
)
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import read_leaves
from partywire_operator import OperatorConfig, plugin

from .parties import (
    BINDING,
    HOUR,
    KEYS,
    NOW,
    config,
    leaf,
    secret,
    shown,
    verifier,
    voucher,
    written,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from partywire.identity import Credentials
    from partywire_operator import OperatorVerifier


class OfCertificates(VerifierContract):
    level: ClassVar[Literal["bound", "certificate"]]
    verifiers: tuple[OperatorVerifier, OperatorVerifier]

    @pytest.fixture(autouse=True)
    def opened_before(self, tmp_path: Path) -> None:
        """Where reading files may block."""
        self.verifiers = verifier(tmp_path, level=self.level), verifier(tmp_path, level=self.level)

    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        alice, bob = (shown(leaf(party, voucher(party)), party) for party in ("alice", "bob"))
        proved = shown(leaf("alice", voucher("alice")), "alice", KEYS["alice"])
        yield VerifierCase(
            verifier=self.verifiers[0],
            same=self.verifiers[1],
            expected="alice",
            evidence=alice,
            others=[bob],
            garbled=garblings(alice, "leaf"),
            now=NOW,
            valid_until=NOW + HOUR,
            proved=(proved, BINDING) if self.level == "bound" else None,
        )


class TestOfCertificates(OfCertificates):
    level = "certificate"


class TestOfProofs(OfCertificates):
    level = "bound"


class TestAttester(AttesterContract):
    setting: Setting
    verifier: OperatorVerifier

    @pytest.fixture(autouse=True)
    def read_before(self, tmp_path: Path) -> None:
        """Where reading files may block."""
        self.verifier = verifier(tmp_path)
        self.setting = Setting("alice", OperatorConfig(tmp_path / "alice.key"), {}, Limits())

    @asynccontextmanager
    async def case(self) -> AsyncIterator[AttesterCase]:
        async with plugin.open_attester(self.setting) as attester:

            async def renew() -> None:
                attester.renew()

            def check(binding: bytes, proof: bytes, credentials: Credentials) -> None:
                leaf = read_leaves(credentials.certificates, "alice")[0]
                evidence = TlsEvidence("alice", "a test", leaf.der, proof=proof)
                self.verifier.verify(evidence, expected="alice", binding=binding, now=time.time())

            yield AttesterCase(attester, renew, check)


class OfPlugins(PluginContract):
    plugin: ClassVar[object] = plugin
    name = "operator"
    distribution = "partywire-operator"
    given: Mapping[str, Any]

    @pytest.fixture(autouse=True)
    def written_before(self, tmp_path: Path) -> None:
        """Where writing files may block."""
        self.given = config(tmp_path)

    def config(self) -> Mapping[str, Any]:
        return self.given


class TestVerifierPlugin(OfPlugins):
    kind = "verifier"


class TestAttesterPlugin(OfPlugins):
    kind = "attester"


class TestTrusted(TrustedContract):
    name = "operator"
    folder: Path

    @pytest.fixture(autouse=True)
    def written_before(self, tmp_path: Path) -> None:
        """In two places."""
        self.folder = tmp_path
        for place in ("here", "there"):
            (tmp_path / place).mkdir()
            written(tmp_path / place)

    def content(self, place: str = "here", level: str = "bound", **operators: str) -> Any:
        """Alice's config; each peer has the operator of somebody, and bob that level."""
        folder = self.folder / place
        peers = [
            {"id": peer, "operator": str(folder / f"{operator}.pub"), "level": "bound"}
            for peer, operator in {"bob": "bob", "carol": "alice", **operators}.items()
        ]
        peers[0]["level"] = level
        return {**config(folder), "peer": peers}

    def case(self) -> TrustedCase:
        return TrustedCase(
            config=self.content(),
            same={"where the keys are": self.content("there")},
            others={
                "an operator": self.content(bob="alice"),
                "whose operator it is": self.content(bob="alice", carol="bob"),
                "the level": self.content(level="certificate"),
            },
            secrets=[secret("alice")],
        )
