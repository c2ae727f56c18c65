"""A document in words, as it stands: nothing here asks whether it is true."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID

from partywire.errors import outside_text
from partywire.probing import moment
from partywire_nitro_attest.document import ZERO, Document
from partywire_nitro_attest.roots import AWS

_MEANINGS: Final[Mapping[int, str]] = {
    0: "the image",
    1: "its kernel and boot",
    2: "its application",
    3: "the role of the instance",
    4: "the instance",
    8: "who signed the image",
}
_PLACES: Final = ("root", "region", "zone", "instance")
_MOST_SHOWN: Final = 64
Row = tuple[str, str]
"""What it is, and what the document says of it; both may be printed as they are."""


def described(document: Document, now: float) -> list[Row]:
    """Return every field in words.

    Args:
        document: what was read.
        now: seconds since 1970, for what is over by then.
    """
    return [
        ("module", outside_text(document.module_id, 128)),
        ("made", f"{moment(document.time)}, {_age(now - document.time)}"),
        ("debug mode", _debug(document)),
        *_pcrs(document),
        ("public key", _key(document.public_key)),
        ("user data", _data(document.user_data)),
        ("nonce", _data(document.nonce)),
        ("signed by", _certificate(document.certificate, now)),
        *_bundle(document, now),
        *((("unknown fields", ", ".join(document.unknown)),) if document.unknown else ()),
    ]


def remarks(document: Document, now: float) -> list[str]:
    """Return what everybody has to see: debug mode, and what is over."""
    found = []
    if document.debug:
        found.append("the enclave runs in debug mode: its operator reads all its memory")
    over = [name for name, end in _ends(document) if now > end]
    if over:
        found.append(f"over by now: {', '.join(over)}")
    return found


def certificate_text(certificate: x509.Certificate, now: float) -> str:
    """Return a certificate in words: its name, its life, and its fingerprint."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = ", ".join(outside_text(str(each.value), 80) for each in found)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    life = f"{moment(begin.timestamp())} to {moment(end.timestamp())}"
    if now > end.timestamp():
        life += " (expired)"
    elif now < begin.timestamp():
        life += " (not valid yet)"
    fingerprint = certificate.fingerprint(SHA256()).hex()
    aws = " (the root of AWS)" if fingerprint == AWS else ""
    return f"{names or 'no name'}; {life}; SHA-256 {fingerprint}{aws}"


def _age(seconds: float) -> str:
    when = "ago" if seconds >= 0 else "ahead of this clock"
    length = abs(seconds)
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if length >= 2 * size:
            return f"{length / size:.0f} {unit} {when}"
    return f"{length:.0f} seconds {when}"


def _debug(document: Document) -> str:
    if document.debug:
        return "yes: PCR0, PCR1 and PCR2 are zero"
    return "no"


def _pcrs(document: Document) -> Iterator[Row]:
    """Those that say something, each; the others together."""
    for index, pcr in sorted(document.pcrs.items()):
        if pcr != ZERO:
            meaning = _MEANINGS.get(index, "set by the enclave itself" if index > 15 else "")
            yield f"PCR{index}", f"{pcr.hex()}{f' ({meaning})' if meaning else ''}"
    zeros = [str(index) for index, pcr in sorted(document.pcrs.items()) if pcr == ZERO]
    if zeros:
        yield "PCRs of zeros", ", ".join(zeros)


def _key(public_key: bytes | None) -> str:
    if public_key is None:
        return "none"
    digest = sha256(public_key).hexdigest()
    try:
        key = load_der_public_key(public_key)
    except Exception:  # whatever the library raises at untrusted bytes
        return f"{_data(public_key)}, not in DER"
    kind = f"of {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else "in DER"
    return f"{kind}; {len(public_key)} bytes, SHA-256 {digest}"


def _data(data: bytes | None) -> str:
    if data is None:
        return "none"
    if len(data) > _MOST_SHOWN:
        return f"{len(data)} bytes, SHA-256 {sha256(data).hexdigest()}"
    return f"{len(data)} bytes{': ' if data else ''}{data.hex()}"


def _bundle(document: Document, now: float) -> Iterator[Row]:
    for position, der in enumerate(document.cabundle):
        place = _PLACES[position] if position < len(_PLACES) else f"certificate {position}"
        yield place, _certificate(der, now)


def _certificate(der: bytes, now: float) -> str:
    certificate = _loaded(der)
    if certificate is None:
        return f"no certificate that can be read: {len(der)} bytes"
    return certificate_text(certificate, now)


def _ends(document: Document) -> Iterator[tuple[str, float]]:
    ders = (document.certificate, *document.cabundle)
    for name, der in zip(("the signing certificate", *_PLACES), ders, strict=False):
        certificate = _loaded(der)
        if certificate is not None:
            yield name, certificate.not_valid_after_utc.timestamp()


def _loaded(der: bytes) -> x509.Certificate | None:
    """Return a certificate of which all can be read that is told here."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate_text(certificate, 0)
    except Exception:  # whatever the library raises at untrusted bytes
        return None
    return certificate
