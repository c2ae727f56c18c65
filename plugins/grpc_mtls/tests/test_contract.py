"""The verifier keeps the contract of verifiers, with certificates of their own and with a CA."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar

import pytest

from partywire.testing import VerifierCase, VerifierContract, garblings
from partywire_grpc.certificates.evidence import TlsEvidence
from tests.certificates.building import DAY
from tests.certificates.town import REPLICA, town
from tests.certificates.verifying import verifier_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire_grpc_mtls.x509 import X509Verifier

NOW = 1_700_000_000.0
PLACE = town(NOW)


def evidence(party: str) -> TlsEvidence:
    return TlsEvidence(party, "a test", PLACE.own[party].der)


class OfCertificates(VerifierContract):
    expected: ClassVar[str]
    verifiers: tuple[X509Verifier, X509Verifier]

    @pytest.fixture(autouse=True)
    def opened_before(self, tmp_path: Path) -> None:
        """Where reading files may block."""
        self.verifiers = verifier_of(PLACE, tmp_path), verifier_of(PLACE, tmp_path)

    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        others = [party for party in PLACE.own if party not in ("alice", self.expected)]
        yield VerifierCase(
            verifier=self.verifiers[0],
            same=self.verifiers[1],
            expected=self.expected,
            evidence=evidence(self.expected),
            others=[evidence(party) for party in others],
            garbled=garblings(evidence(self.expected), "leaf"),
            now=NOW,
            valid_until=NOW + 30 * DAY,
        )


class TestSelfSigned(OfCertificates):
    expected = "bob"


class TestOfItsOwnCa(OfCertificates):
    expected = "carol"


class TestReplica(OfCertificates):
    expected = REPLICA
