"""The certificate that a peer shows, and the document in it: what each has to say of the other.

Who the peer is, in full-auto mode, is for another verifier: its own CA has issued the certificate.
In semi-auto mode it is proved here: the image was signed with the party certificate.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import attrs
from cryptography import x509

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire_grpc.certificates.reading import Leaf, read_leaf
from partywire_grpc.certificates.rules import (
    check_dates,
    check_version,
    is_signed_by,
    may_sign_others,
    utc_text,
)
from partywire_nitro_attest.carriers import carried_by
from partywire_nitro_attest.judging import JudgedDocument, Trust, judge_document
from partywire_nitro_attest.policy import Policy, Release, judge_policy

PARTY: Final = x509.ObjectIdentifier("2.5.4")
"""The extension whose value is the certificate of the party, in DER, in semi-auto mode."""

MAY_SIGN: Final = (
    "its certificate may sign others; an attested one has CA:FALSE and a keyUsage without "
    "keyCertSign"
)
NOT_ITS_OWN: Final = "its certificate is not signed by its own key"
NO_PARTY: Final = "its certificate names no party certificate, in the extension 2.5.4"
OTHER_PARTY: Final = (
    "the party certificate that its certificate names is not the configured one: it has SHA-256 "
    "{}, and this config has {}"
)
PARTY_CERTIFICATE: Final = "the party certificate"


@attrs.frozen
class Attested:
    """A certificate that was read, with the document in it, which was not judged.

    Attributes:
        leaf: the certificate.
        document: the document in it.
    """

    leaf: Leaf
    document: bytes = attrs.field(repr=False)


def read_attested(der: bytes, expected: str, now: float) -> Attested:
    """Return what a certificate carries, if it is one that may carry it.

    It is of version 3, in date, and can sign no other certificate. Whose signature it bears is not
    checked.

    Args:
        der: untrusted bytes.
        expected: the party that it has to be of, for the error.
        now: seconds since 1970.

    Raises:
        EvidenceInvalid: it is no such certificate; a `Refused` at the step ``CARRIER`` for what is
            wrong with how it carries the document.
    """
    leaf = read_leaf(der, expected)
    check_version(leaf, expected)
    check_dates(leaf, expected, now)
    if may_sign_others(leaf):
        raise EvidenceInvalid(expected, MAY_SIGN)
    return Attested(leaf, carried_by(leaf.parsed).document)


def judge_attested(
    attested: Attested,
    policy: Policy,
    expected: str,
    *,
    now: float,
    trust: Trust,
    known: JudgedDocument | None = None,
) -> tuple[JudgedDocument, Release | None]:
    """Judge the document in a certificate, and hold it to a policy and to the certificate.

    Args:
        attested: a certificate that was read.
        policy: what is asked of its document.
        expected: the party that it has to be of, for the error.
        now: seconds since 1970.
        trust: what is taken from whoever signs documents.
        known: see `judge_document`.

    Returns:
        The document; and the release that runs there, see `judge_policy`.

    Raises:
        Refused: the document does not pass.
        EvidenceInvalid: the certificate outlives it.
    """
    judged = judge_document(attested.document, now=now, trust=trust, known=known)
    release = judge_policy(judged, policy, public_key=attested.leaf.spki)
    check_end(attested, judged, expected)
    return judged, release


def check_end(attested: Attested, judged: JudgedDocument, expected: str) -> None:
    """A certificate ends with the one that signed its document, or it would outlive its proof.

    Raises:
        EvidenceInvalid: it ends later.
    """
    if attested.leaf.not_after > judged.signer_until:
        problem = (
            f"its certificate ends at {utc_text(attested.leaf.not_after)}, after the one that "
            f"signed its document, which ends at {utc_text(judged.signer_until)}"
        )
        raise EvidenceInvalid(expected, problem)


def party_certificate_of(
    attested: Attested, configured: Sequence[Leaf], expected: str, now: float
) -> Leaf:
    """Return the configured party certificate that a self-signed certificate names, if in date.

    That the image was signed with it, is for PCR8 to prove.

    Raises:
        EvidenceInvalid: it is not signed by its own key, or names none, or the one that it names is
            not in date.
        IdentityMismatch: it names another one than those that are configured.
    """
    if not is_signed_by(attested.leaf, attested.leaf):
        raise EvidenceInvalid(expected, NOT_ITS_OWN)
    extensions = attested.leaf.parsed.extensions
    named = [each.value.public_bytes() for each in extensions if each.oid == PARTY]
    if not named:
        raise EvidenceInvalid(expected, NO_PARTY)
    found = [each for each in configured if each.der == named[0]]
    if not found:
        shown, known = sha256(named[0]).hexdigest(), [each.sha256 for each in configured]
        raise IdentityMismatch(expected, OTHER_PARTY.format(shown, " and ".join(known)))
    check_dates(found[0], expected, now, PARTY_CERTIFICATE)
    return found[0]
