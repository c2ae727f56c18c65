"""The root of a development module as a file: its certificate and its key, in PEM."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from partywire_nitro_attest.development.certified import Certified


def root_in_pem(root: Certified) -> bytes:
    """Return a root as it is kept: whoever reads the file can make any document under it."""
    key = root.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return root.certificate.public_bytes(Encoding.PEM) + key


def root_of_pem(content: bytes) -> Certified:
    """Return the root that a file holds.

    Raises:
        ValueError: it holds no certificate with its key; the words show nothing of either.
    """
    try:
        certificate = x509.load_pem_x509_certificate(content)
        key = load_pem_private_key(content, None)
    except Exception:  # whatever the library raises, whose words may be about what it read
        raise ValueError("no certificate with its private key, both in PEM, is in it") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or (
        key.public_key() != certificate.public_key()
    ):
        raise ValueError("the private key in it is not that of the certificate")
    return Certified(certificate, key)
