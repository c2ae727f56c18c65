"""What tests see of attested nodes while they run: renewals, and by what batches go and come."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import anyio
from cryptography import x509

from partywire.node.connection import Connection
from partywire.node.courier import Courier
from partywire.node.visitor import Visitor
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_nitro_attest.attester import development_plugin
from partywire_nitro_attest.attester.attesting import attesting
from partywire_nitro_attest.carriers import carried_by
from partywire_nitro_attest.document import read_document
from partywire_nitro_attest.envelope import read_envelope
from partywire_nitro_attest.security_module import ModuleFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from partywire.identity import Identity
    from partywire.node.counterpart import Shown

RENEWED: Final = re.compile("the certificate of (.+) was renewed")
EXPIRED: Final = re.compile("the certificate of (.+) expired at")


class Batches:
    """Looks at what the other end of a connection has shown whenever a batch goes or comes by it.

    Attributes:
        came, went: how many batches; by the other end, its certificate and its proof.
        outdated: what came or went although something of that had ended.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.came: Counter[tuple[str, bytes, bytes]] = Counter()
        self.went: Counter[tuple[str, bytes, bytes]] = Counter()
        self.outdated: list[str] = []
        self._ends: dict[bytes, float] = {}
        self._lines: dict[Any, tuple[Shown, Identity]] = {}
        for kind, name, by in (
            (Visitor, "accept_nowait", self._accepts_nowait),
            (Visitor, "accept", self._accepts),
            (Courier, "_carry", self._carries),
            (Connection, "_sent", self._sends),
        ):
            monkeypatch.setattr(kind, name, by(getattr(kind, name)))

    def certificates(self, party: str) -> int:
        """By how many certificates of a party batches have come."""
        return len({leaf for sender, leaf, _ in self.came if sender == party})

    def _accepts_nowait(self, accept: Any) -> Any:
        def noted(visitor: Visitor, batch: Any) -> Any:
            before = time.time()
            receipt = accept(visitor, batch)
            if receipt is not None:
                self._look(self.came, visitor.shown, visitor.identity, before)
            return receipt

        return noted

    def _accepts(self, accept: Any) -> Any:
        async def noted(visitor: Visitor, batch: Any) -> Any:
            receipt = await accept(visitor, batch)
            self._look(self.came, visitor.shown, visitor.identity, 0.0)
            return receipt

        return noted

    def _carries(self, carry: Any) -> Any:
        async def noted(courier: Any, line: Any, identity: Identity) -> Any:
            self._lines[line] = courier._shown, identity
            return await carry(courier, line, identity)

        return noted

    def _sends(self, send: Any) -> Any:
        def noted(connection: Connection, flight: Any) -> Any:
            before = time.time()
            sent = send(connection, flight)
            if sent:
                self._look(self.went, *self._lines[connection], before)
            return sent

        return noted

    def _look(self, where: Counter[Any], shown: Shown, identity: Identity, before: float) -> None:
        evidence = shown.evidence
        assert isinstance(evidence, TlsEvidence)
        where[identity.party, evidence.leaf, evidence.proof] += 1
        ends = {
            "identity": identity.valid_until or 0.0,
            "certificate": self._end(evidence.leaf, _end_of_certificate),
            "proof": self._end(evidence.proof, _end_of_document),
        }
        self.outdated += [
            f"{identity.party}: its {name} had ended {before - end:.3f} s before"
            for name, end in ends.items()
            if before >= end
        ]
        if identity.claims.get("level") != "bound":
            self.outdated.append(f"{identity.party}: not bound")

    def _end(self, shown: bytes, end_of: Callable[[bytes], float]) -> float:
        if shown not in self._ends:
            self._ends[shown] = end_of(shown)
        return self._ends[shown]


def _end_of_document(document: bytes) -> float:
    signer = read_document(read_envelope(document).fields).certificate
    return x509.load_der_x509_certificate(signer).not_valid_after_utc.timestamp()


def _end_of_certificate(leaf: bytes) -> float:
    """When it ends, or the one that has signed the document in it."""
    certificate = x509.load_der_x509_certificate(leaf)
    end = certificate.not_valid_after_utc.timestamp()
    return min(end, _end_of_document(carried_by(certificate).document))


class Modules:
    """The security modules of the parties, which fail where the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails: set[str] = set()

        def noted(issuing: Any, module: Any, **others: Any) -> Any:
            attest = module.attest

            def attested(**asked: Any) -> bytes:
                if issuing.party in self.fails:
                    raise ModuleFailed("Attestation", "InternalError: by the test")
                made: bytes = attest(**asked)
                return made

            module.attest = attested
            return attesting(issuing, module, **others)

        monkeypatch.setattr(development_plugin, "attesting", noted)


class Told(logging.Handler):
    """What the log tells of certificates.

    Attributes:
        renewed: how often that of each party was.
        expired: whose has expired.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.renewed: Counter[str] = Counter()
        self.expired: set[str] = set()
        self._news = anyio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if found := RENEWED.fullmatch(said):
            self.renewed[found[1]] += 1
        elif found := EXPIRED.match(said):
            self.expired.add(found[1])
        else:
            return
        self._news.set()
        self._news = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until that holds; it is asked at each news."""
        while not condition():
            await self._news.wait()
