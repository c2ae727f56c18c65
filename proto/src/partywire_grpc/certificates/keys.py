"""A party's own certificate and private key, from their files or from whoever makes them."""

from pathlib import Path
from typing import Final, TypeGuard

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

from partywire.errors import ConfigInvalid, Mistake, outside_text
from partywire.identity import Credentials
from partywire_grpc.certificates.evidence import MAX_SHOWN, TOO_LARGE
from partywire_grpc.certificates.files import Unfit, read_private, read_public
from partywire_grpc.certificates.reading import spki_of

CERTIFICATE: Final = "transport.certificate"
"""The key of the config that names the certificate's file."""
PRIVATE_KEY: Final = "transport.private_key"
"""The key of the config that names the private key's file."""

OwnKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""A private key of a party: on the curve P-256 or P-384, or RSA of 2048 to 4096 bits."""
OwnPublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
"""The public half of one."""

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
_LEAST_BITS: Final = 2048
_MOST_BITS: Final = 4096
_WANTED: Final = (
    "a key on the curve P-256 or P-384 is wanted, or one of RSA with "
    f"{_LEAST_BITS} to {_MOST_BITS} bits"
)


_NO_KEY: Final = "a certificate is in it, and no private key"


def load_credentials(certificate: Path, private_key: Path, *, source: str) -> Credentials:
    """Return a party's own certificate and its key, which belong together.

    Reads both files, so it blocks. What the certificate says is not checked, nor its dates.

    Args:
        certificate: a file of exactly one certificate in PEM.
        private_key: a file with its key in PEM, not encrypted, that is an `OwnKey`; see
            `read_private` for whose it may be.
        source: which config names them, for the error.

    Raises:
        ConfigInvalid: with every mistake in either file, and nothing of what the key's holds.
    """
    mistakes: list[Mistake] = []
    leaf = key = None
    try:
        leaf = _certificate(read_public(certificate))
    except Unfit as unfit:
        mistakes.append(_mistake(CERTIFICATE, certificate, unfit))
    try:
        key = read_key(private_key)
    except Unfit as unfit:
        mistakes.append(_mistake(PRIVATE_KEY, private_key, unfit))
    if leaf and key and spki_of(leaf.public_key()) != spki_of(key.public_key()):
        whose = f"it is not the key of the certificate in {certificate}, which is of"
        other = Unfit(f"{whose} {_names(leaf)}")
        mistakes.append(_mistake(PRIVATE_KEY, private_key, other))
    if not leaf or not key or mistakes:
        raise ConfigInvalid(source, tuple(mistakes))
    return Credentials(leaf.public_bytes(Encoding.PEM), key_pem(key))


def checked_credentials(made: Credentials) -> Credentials:
    """Return credentials of a party that are in no file, held to the rules of those that are.

    What the certificate says is not checked, nor its dates.

    Raises:
        Unfit: it is not exactly one certificate and its key, an `OwnKey`; nothing of the key is
            shown.
    """
    leaf, key = _certificate(made.certificates), _key(made.private_key)
    if spki_of(leaf.public_key()) != spki_of(key.public_key()):
        raise Unfit(f"it is not the key of the certificate, which is of {_names(leaf)}")
    return Credentials(leaf.public_bytes(Encoding.PEM), key_pem(key))


def read_key(path: Path) -> OwnKey:
    """Return the private key of a file that `read_private` takes.

    Raises:
        Unfit: the file is not in order, or holds no such key; nothing of its content is shown.
    """
    return _key(_private(path))


def _key(content: bytes) -> OwnKey:
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in content or b"Proc-Type: 4,ENCRYPTED" in content:
        raise Unfit(
            "it is encrypted; nobody is there to be asked for a password, so write it plain"
        )
    if b"PRIVATE KEY-----" not in content:
        raise Unfit("no private key in PEM is in it")
    try:
        key = load_pem_private_key(content, password=None)
    except Exception:  # whatever the library raises; its words may be about what it read
        raise Unfit(f"the private key in it cannot be read; {_WANTED}") from None
    if not isinstance(key, OwnKey) or not is_taken(key.public_key()):
        raise Unfit(f"its key is of another kind or size; {_WANTED}")
    return key


def is_taken(key: object) -> TypeGuard[OwnPublicKey]:
    """Tell whether a public key is of a kind that a party may have; see `OwnKey`."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CURVES)
    return isinstance(key, rsa.RSAPublicKey) and _LEAST_BITS <= key.key_size <= _MOST_BITS


def _private(path: Path) -> bytes:
    """Return what is in a private file; that it is a certificate is told before whose it is."""
    try:
        content = read_private(path)
    except Unfit:
        if _is_certificate(read_public(path)):
            raise Unfit(_NO_KEY) from None
        raise
    if _is_certificate(content):
        raise Unfit(_NO_KEY)
    return content


def _is_certificate(content: bytes) -> bool:
    return b"-----BEGIN CERTIFICATE-----" in content and b"PRIVATE KEY-----" not in content


def key_pem(key: OwnKey) -> bytes:
    """Return a private key in PEM, as PKCS #8 and not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate(content: bytes) -> x509.Certificate:
    if b"PRIVATE KEY-----" in content:
        raise Unfit("a private key is in it; a certificate is shown to everybody")
    try:
        found = x509.load_pem_x509_certificates(content)
        for each in found:
            spki_of(each.public_key())
    except Exception as error:  # whatever the library raises at what is no certificate
        raise Unfit(
            f"no certificate in PEM that can be read: {outside_text(str(error), 128)}"
        ) from None
    if len(found) != 1:
        raise Unfit(f"it holds {len(found)} certificates; exactly one is wanted, and no chain")
    size = len(found[0].public_bytes(Encoding.DER))
    if size > MAX_SHOWN:
        raise Unfit(f"{TOO_LARGE.format(size=size, most=MAX_SHOWN)}; use a smaller one")
    if found[0].public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        raise Unfit(f"it is of a key for RSASSA-PSS alone, which gRPC does not take; {_WANTED}")
    return found[0]


def _names(leaf: x509.Certificate) -> str:
    found = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return outside_text(", ".join(str(each.value) for each in found[:4]) or "nobody", 128)


def _mistake(key: str, path: Path, unfit: Unfit) -> Mistake:
    return Mistake(key, outside_text(f"{path}: {unfit.problem}", 512))
