"""Attesters for tests: each makes certificates of its party when it is told to."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from partywire.errors import EvidenceInvalid
from partywire.hookspecs import AttesterDescriptor, Setting, VerifierDescriptor, hookimpl
from partywire.identity import KEY, Credentials, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.setting import Attester
from partywire_grpc.certificates.evidence import TlsEvidence
from tests.certificates.building import Held, authority, make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "secp256k1": ec.SECP256K1(),
}
HOUR = 3600.0


class Maker(Attester):
    """The attester of one party.

    Attributes:
        lifetime: seconds that the next certificate lives.
        fault: what `credentials` raises, while that is set.
        asked: how often it was asked for credentials.
        made: every certificate of it, the newest last.
    """

    def __init__(self, make_next: Callable[[float], Held], lifetime: float = HOUR) -> None:
        self.lifetime = lifetime
        self.fault: Exception | None = None
        self.asked = 0
        self.made: list[Held] = []
        self._make = make_next
        self._told = 0
        self._news = anyio.Event()
        self._put(make_next(lifetime))

    async def credentials(self) -> Credentials:
        self.asked += 1
        self._ring()
        await anyio.lowlevel.checkpoint()
        if self.fault is not None:
            raise self.fault
        self._told = len(self.made)
        return Credentials(self.made[-1].pem, self.made[-1].key_pem)

    async def changed(self) -> None:
        while self._told == len(self.made):
            await self._news.wait()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        """Sign it with the key of the certificate that was shown."""
        await anyio.lowlevel.checkpoint()
        (held,) = (each for each in self.made if sha256(each.der).digest() == shown)
        return held.key.sign(binding, ec.ECDSA(SHA256()))

    def renew(self) -> Held:
        """Make another certificate, and tell of it."""
        made = self._make(self.lifetime)
        self._put(made)
        return made

    def show(self, held: Held) -> None:
        """Have that shown, sound or not."""
        self._put(held)

    async def until_asked(self, times: int) -> None:
        """Wait until it was asked for credentials so often."""
        while self.asked < times:
            await self._news.wait()

    def _put(self, made: Held) -> None:
        self.made.append(made)
        self._ring()

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()


class Ledger(IdentityVerifier):
    """Proves whose a key is: every certificate that an attester of the forge has made is in it."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        known = {held.der for held in self._forge.makers[expected].made}
        if not isinstance(evidence, TlsEvidence) or evidence.leaf not in known:
            raise EvidenceInvalid(expected, "the ledger has no such certificate")
        if binding is None:
            return Verdict(expected)
        key = load_der_x509_certificate(evidence.leaf).public_key()
        try:
            cast("ec.EllipticCurvePublicKey", key).verify(
                evidence.proof, binding, ec.ECDSA(SHA256())
            )
        except InvalidSignature:
            raise EvidenceInvalid(expected, "the proof covers something else") from None
        return Verdict(expected, claims={"level": "bound"})

    def challenges(self, party: str) -> bool:
        return self._forge.bound


@attrs.frozen
class Forge:
    """The attesters of all parties, and what configs say of them.

    Attributes:
        folder: where certificates of CAs are.
        curve: that of each party's own CA; without one each certificate is signed by itself, and no
            config knows any.
        bound: whether the ledger wants a proof on each connection.
        makers: by party.
    """

    folder: Path
    curve: str | None = None
    bound: bool = False
    makers: dict[str, Maker] = attrs.field(factory=dict, init=False)
    _cas: dict[str, Held] = attrs.field(factory=dict, init=False)

    def maker(self, party: str, lifetime: float = HOUR) -> Maker:
        """The attester of a party; its first certificate lives that long."""
        if party not in self.makers:
            self.makers[party] = Maker(self._maker_of(party), lifetime)
        return self.makers[party]

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""
        self.maker(party)
        return {"plugin": "grpc-mtls"}

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""
        if self.curve is None:
            return {"anchor": "by-attestation"}
        return {"anchor": "ca", "certificate": str(self._file(party))}

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""
        verifiers = [{"plugin": "x509"}, {"plugin": "ledger"}]
        return {"attester": {"plugin": "forge"}, "verifier": verifiers}

    @hookimpl
    def register_attesters(self) -> list[AttesterDescriptor]:
        @asynccontextmanager
        async def opened(setting: Setting) -> AsyncIterator[Attester]:
            yield self.makers[setting.party]

        return [AttesterDescriptor("forge", opened)]

    @hookimpl
    def register_verifiers(self) -> list[VerifierDescriptor]:
        return [VerifierDescriptor("ledger", lambda _: Ledger(self), frozenset({KEY}))]

    def _maker_of(self, party: str) -> Callable[[float], Held]:
        by = None if self.curve is None else self._ca(party, CURVES[self.curve])
        return lambda lifetime: make(party, now=time.time(), by=by, begin=-60.0, end=lifetime)

    def _ca(self, party: str, curve: ec.EllipticCurve) -> Held:
        if party not in self._cas:
            key = ec.generate_private_key(curve)
            self._cas[party] = authority(party, time.time(), key=key)
            self._file(party).write_bytes(self._cas[party].pem)
        return self._cas[party]

    def _file(self, party: str) -> Path:
        self.maker(party)
        return self.folder / f"{party}_ca.crt"
