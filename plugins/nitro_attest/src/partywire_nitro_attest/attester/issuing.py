"""Issuing the certificate that carries a document: from key, document and time, and nothing else.

The key of each certificate is new, and the document names it.
"""

import hashlib
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.errors import EvidenceInvalid
from partywire.identity import Credentials
from partywire_grpc.certificates.evidence import MAX_SHOWN, TOO_LARGE
from partywire_grpc.certificates.keys import key_pem
from partywire_grpc.certificates.making import SET_BACK
from partywire_grpc.certificates.reading import Leaf, spki_of
from partywire_grpc.certificates.rules import check_dates
from partywire_nitro_attest.attester.certificate import (
    VOUCHING,
    FullAuto,
    SemiAuto,
    certificate_of,
)
from partywire_nitro_attest.attester.writing import Carrier, carrying
from partywire_nitro_attest.document import Document
from partywire_nitro_attest.judging import JudgedDocument, Trust, judge_document
from partywire_nitro_attest.peers import SIGNER
from partywire_nitro_attest.policy import check_key, pcr_of_certificate
from partywire_nitro_attest.refusals import Refused
from partywire_nitro_attest.security_module import BACKDATED, renewed_before_end


@attrs.frozen
class Issuing:
    """What all certificates of a party have in common.

    Attributes:
        party: the id of the party.
        mode: who vouches for its certificates.
        trust: under which roots its own documents have to hold.
        carrier: how documents are carried.
    """

    party: str
    mode: FullAuto | SemiAuto
    trust: Trust
    carrier: Carrier = "reference"


@attrs.frozen
class Issued:
    """A certificate with its key, which is in no repr.

    Attributes:
        certificate: which carries the document.
        key: its key.
        judged: the document.
        renewable: seconds since 1970 from which a later document can be had, at the earliest.
        pace: seconds between two tries to have one.
        end: seconds since 1970 at which the certificate ends.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)
    judged: JudgedDocument
    renewable: float
    pace: float
    end: float

    @property
    def credentials(self) -> Credentials:
        """What a transport shows: the certificate alone, and its key."""
        return Credentials(self.certificate.public_bytes(Encoding.PEM), key_pem(self.key))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the certificate in DER."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()

    @property
    def spki(self) -> bytes:
        """Its public key as a SubjectPublicKeyInfo in DER, as the document names it."""
        return spki_of(self.key.public_key())


TRIES: Final = 15
"""How often renewal is tried before the end: each minute of 15."""


def issued(
    issuing: Issuing, key: ec.EllipticCurvePrivateKey, document: bytes, *, now: float
) -> Issued:
    """Issue a certificate, once the document was judged as peers will.

    Which releases and PCRs the peers trust is theirs to say, and is not known here.

    Args:
        issuing: who issues.
        key: the key of the certificate; the document has to name it.
        document: what the security module made for that key.
        now: seconds since 1970.

    Raises:
        EvidenceInvalid: the document would be refused by every peer (a `Refused`), it is of an
            image that another certificate has signed, or who vouches for it is not in date.
    """
    judged = _judged(issuing, key, document, now)
    vouching = issuing.mode.certificate
    check_dates(vouching, issuing.party, now, VOUCHING[type(issuing.mode)])
    end = min(judged.valid_until, vouching.not_after)
    begin = max(judged.document.time - SET_BACK, vouching.not_before)
    certificate = certificate_of(
        issuing.party, key, issuing.mode, carrying(document, issuing.carrier), begin, end
    )
    size = len(certificate.public_bytes(Encoding.DER))
    if size > MAX_SHOWN:
        problem = TOO_LARGE.format(size=size, most=MAX_SHOWN)
        raise EvidenceInvalid(issuing.party, f"{problem}; use a smaller party certificate")
    window = renewed_before_end(_life(judged.document))
    return Issued(certificate, key, judged, end - window, window / TRIES, end)


def _judged(
    issuing: Issuing, key: ec.EllipticCurvePrivateKey, document: bytes, now: float
) -> JudgedDocument:
    try:
        judged = judge_document(document, now=now, trust=issuing.trust)
        check_key(judged.document, spki_of(key.public_key()))
    except Refused as error:
        raise error.about(issuing.party) from None
    if isinstance(issuing.mode, SemiAuto):
        _check_signer(issuing.party, issuing.mode.certificate, judged.document)
    return judged


def _check_signer(party: str, certificate: Leaf, document: Document) -> None:
    found = document.pcrs.get(SIGNER, b"")
    if found == pcr_of_certificate(certificate.der):
        return
    problem = (
        "the image of this enclave was not signed" if not any(found) else
        "the image of this enclave was signed with another certificate"
    )  # fmt: skip
    wanted = f"sign it with the key of the party certificate (SHA-256 {certificate.sha256})"
    raise EvidenceInvalid(party, f"{problem}: PCR8 is {found.hex() or 'absent'}; {wanted}")


def _life(document: Document) -> float:
    """Return how many seconds the signing leaf of a judged document lives after it was made."""
    leaf = x509.load_der_x509_certificate(document.certificate)
    return (leaf.not_valid_after_utc - leaf.not_valid_before_utc).total_seconds() - BACKDATED
