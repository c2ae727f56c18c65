"""The certificates of a document: from a trusted root, in order, to the key that signed it.

The library verifies paths. It searches for one among the certificates that it is given, and takes
weaker algorithms too. So it is checked here first that the bundle as it stands is the one path that
there can be, and that every link is of P-384 with SHA-384. Certificates of one name would have it
check a hundred signatures before anything of the document is known to be genuine.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
)

from partywire.errors import outside_text
from partywire.probing import moment
from partywire_nitro_attest.document import MAX_BUNDLE, Document
from partywire_nitro_attest.refusals import Refusal, refused
from partywire_nitro_attest.roots import Roots


@attrs.frozen
class Chain:
    """A chain that holds.

    Attributes:
        certificates: all of it in DER, the root first and the signing certificate last.
        roots: where it was allowed to begin.
        since: seconds since 1970 for which it was verified; it holds from then to its end.
        key: the key of the signing certificate.
        module: the Common Name of the signing certificate.
        not_before: seconds since 1970 from which the signing certificate is valid.
        not_after: seconds since 1970 at which it ends.
        valid_until: seconds since 1970 at which the first certificate of the chain ends.
    """

    certificates: tuple[bytes, ...] = attrs.field(repr=False)
    roots: Roots = attrs.field(repr=False)
    since: float
    key: EllipticCurvePublicKey = attrs.field(repr=False)
    module: str
    not_before: float
    not_after: float
    valid_until: float

    def is_of(self, document: Document, roots: Roots, at: float) -> bool:
        """Tell whether verifying that document's chain anew could find nothing else."""
        return (
            self.since <= at <= self.valid_until
            and self.certificates == _certificates(document)
            and self.roots == roots
        )


@attrs.frozen
class _Link:
    """One certificate, as it was read, and what to call it."""

    name: str
    parsed: x509.Certificate
    subject: x509.Name
    issuer: x509.Name
    key: EllipticCurvePublicKey
    begin: datetime
    end: datetime


def verify_chain(document: Document, roots: Roots, at: float, known: Chain | None = None) -> Chain:
    """Verify the chain of a document.

    No list of revoked certificates is asked: AWS says not to, and the certificates live for hours.

    Args:
        document: what was read; its signature is not looked at.
        roots: where chains may begin.
        at: the time for which it has to hold, in seconds since 1970.
        known: a chain that was verified before. It is returned where it is the same one, byte for
            byte, under the same roots, and holds at that time as well.

    Raises:
        Refused: at the step ``CHAIN``.
    """
    if known is not None and known.is_of(document, roots, at):
        return known
    fingerprint = hashlib.sha256(document.cabundle[0]).hexdigest()
    if fingerprint not in roots.fingerprints:
        raise refused(Refusal.CHAIN_ROOT, fingerprint=fingerprint)
    links = _links(document)
    _check_order(links)
    for link in links:
        _check_dates(link, at)
    _check_path(links, at)
    leaf = links[-1]
    return Chain(
        certificates=_certificates(document),
        roots=roots,
        since=at,
        key=leaf.key,
        module=_common_name(leaf),
        not_before=leaf.begin.timestamp(),
        not_after=leaf.end.timestamp(),
        valid_until=min(link.end for link in links).timestamp(),
    )


def _certificates(document: Document) -> tuple[bytes, ...]:
    return (*document.cabundle, document.certificate)


def _links(document: Document) -> list[_Link]:
    """Return all certificates, the root first and the signing one last, each of P-384."""
    last = len(document.cabundle) - 1
    bundle = [
        _link(der, f"certificate {position} of {last} in its bundle" if position else "its root")
        for position, der in enumerate(document.cabundle)
    ]
    return [*bundle, _link(document.certificate, "its signing certificate")]


def _link(der: bytes, name: str) -> _Link:
    try:
        parsed = x509.load_der_x509_certificate(der)
        subject, issuer = parsed.subject, parsed.issuer
        key, algorithm = parsed.public_key(), parsed.signature_algorithm_oid
        begin, end = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except Exception as error:  # whatever the library raises at untrusted bytes is a refusal
        why = outside_text(str(error), 128)
        raise refused(Refusal.CHAIN_CERTIFICATE, certificate=name, why=why) from None
    if (
        algorithm != SignatureAlgorithmOID.ECDSA_WITH_SHA384
        or not isinstance(key, EllipticCurvePublicKey)
        or not isinstance(key.curve, SECP384R1)
    ):
        raise refused(Refusal.CHAIN_ALGORITHM, certificate=name)
    return _Link(name, parsed, subject, issuer, key, begin, end)


def _check_order(links: Sequence[_Link]) -> None:
    """Check that each was issued in the name of the one before it, and that no name comes twice."""
    seen = {links[0].subject}
    for above, link in pairwise(links):
        if link.subject in seen:
            raise refused(Refusal.CHAIN_REPEATED, certificate=link.name)
        if link.issuer != above.subject:
            raise refused(Refusal.CHAIN_ORDER, certificate=link.name)
        seen.add(link.subject)


def _check_dates(link: _Link, at: float) -> None:
    """Check a certificate's life, both ends of it included, so as to name which one is over."""
    if at > link.end.timestamp():
        raise refused(
            Refusal.CHAIN_EXPIRED, certificate=link.name, end=moment(link.end.timestamp())
        )
    if at < link.begin.timestamp():
        raise refused(
            Refusal.CHAIN_NOT_YET, certificate=link.name, begin=moment(link.begin.timestamp())
        )


def _check_path(links: Sequence[_Link], at: float) -> None:
    root, *between, leaf = [link.parsed for link in links]
    verifier = (
        PolicyBuilder()
        .store(Store([root]))
        .time(datetime.fromtimestamp(int(at), UTC))
        .max_chain_depth(MAX_BUNDLE)
        .extension_policies(ca_policy=_AUTHORITIES, ee_policy=_SIGNER)
        .build_client_verifier()
    )
    try:
        path = verifier.verify(leaf, between).chain
    except Exception as error:  # a VerificationError, or whatever an odd certificate leads to
        raise refused(Refusal.CHAIN_PATH, why=outside_text(str(error), 256)) from None
    if path != [leaf, *reversed(between), root]:
        raise refused(Refusal.CHAIN_PATH, why="the one that does is another")


def _common_name(leaf: _Link) -> str:
    try:
        [name] = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except Exception:  # a ValueError, or whatever the library raises at an odd name
        why = "it has not exactly one Common Name"
        raise refused(Refusal.CHAIN_CERTIFICATE, certificate=leaf.name, why=why) from None
    return str(name.value)


def _is_no_authority(_: Policy, __: x509.Certificate, found: x509.BasicConstraints) -> None:
    if found.ca:
        raise ValueError("the signing certificate says that it is a CA")


def _may_sign(_: Policy, __: x509.Certificate, found: x509.KeyUsage) -> None:
    if not found.digital_signature:
        raise ValueError("the signing certificate states keyUsage without digitalSignature")


_AUTHORITIES: Final = ExtensionPolicy.webpki_defaults_ca()
_SIGNER: Final = (
    # AWS's signing certificates have no subject alternative name and no authority key identifier.
    ExtensionPolicy.webpki_defaults_ee()
    .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
    .may_be_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, _is_no_authority)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
)
