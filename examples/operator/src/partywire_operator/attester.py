"""The attester ``operator``: makes this party's certificates, and proofs by their keys."""

import hashlib
import time
from collections import deque

import anyio
import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.errors import EvidenceInvalid
from partywire.identity import Credentials
from partywire.setting import Attester
from partywire_grpc.certificates.making import SET_BACK, Made, self_signed
from partywire_operator.proof import prove
from partywire_operator.voucher import vouch

GONE = "the certificate that was shown there is not one of the last two; a new connection is needed"


@attrs.frozen
class Generation:
    """A certificate of this party, and its key."""

    made: Made
    key: EllipticCurvePrivateKey = attrs.field(repr=False)

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the certificate, in DER."""
        return hashlib.sha256(self.made.certificate.public_bytes(Encoding.DER)).digest()


class OperatorAttester(Attester):
    """Has an operator vouch for a new TLS key whenever half the life of a certificate is over.

    A TLS key is in memory alone. Two generations are kept, as connections may still show the former
    certificate.

    Args:
        party: the id of this party.
        operator: the private key of its operator.
        lifetime: seconds for which a certificate is good.
    """

    def __init__(self, party: str, operator: Ed25519PrivateKey, lifetime: float) -> None:
        self._party = party
        self._operator = operator
        self._lifetime = lifetime
        self._generations: deque[Generation] = deque(maxlen=2)
        self._told: Generation | None = None
        self._news = anyio.Event()
        self.renew()

    async def run(self) -> None:
        """Renew the certificate in time, until cancelled."""
        while True:
            await anyio.sleep(self._lifetime / 2)
            self.renew()

    def renew(self) -> None:
        """Make a key and a certificate of it now, and tell whoever waits in `changed`."""
        now = time.time()
        key = generate_private_key(SECP256R1())
        voucher = vouch(
            self._operator, self._party, key.public_key(), now - SET_BACK, now + self._lifetime
        )
        made = self_signed(
            self._party, now=now, lifetime=self._lifetime, key=key, carrying=[voucher]
        )
        self._generations.append(Generation(made, key))
        self._news.set()
        self._news = anyio.Event()

    async def credentials(self) -> Credentials:
        """Return the newest certificate and its key."""
        self._told = self._generations[-1]
        return Credentials(self._told.made.certificate_pem, self._told.made.key_pem)

    async def changed(self) -> None:
        """Wait until there is a newer certificate than `credentials` has returned."""
        while self._told is self._generations[-1]:
            await self._news.wait()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        """Return the signature of a binding by the key of the certificate that was shown.

        Raises:
            EvidenceInvalid: that certificate is older than the last two.
        """
        for generation in reversed(self._generations):
            if shown in (b"", generation.sha256):
                return prove(generation.key, binding)
        raise EvidenceInvalid(self._party, GONE)
