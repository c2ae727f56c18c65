"""Certificates of others, which everybody can have, with a key that is not theirs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import anyio
import attrs
from anyio.streams.tls import TLSAttribute, TLSStream
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509 import load_der_x509_certificate

from tests.certificates.building import Held
from tests.certificates.contexts import client_context
from tests.hostile.port.http2 import HOST

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


@attrs.frozen
class Stolen(Held):
    """A certificate without its key: what is signed by it is signed with another one."""

    @property
    def key_pem(self) -> bytes:
        """A file in which the private key is the thief's, and the public one as the certificate.

        OpenSSL compares the latter alone before it signs.
        """
        form = PrivateFormat.TraditionalOpenSSL
        own = self.key.private_bytes(Encoding.DER, form, NoEncryption())
        theirs = load_der_x509_certificate(self.der).public_key()
        forged = own.replace(_point(self.key.public_key()), _point(theirs))
        assert forged != own
        return ssl.DER_cert_to_PEM_cert(forged).replace("CERTIFICATE", "EC PRIVATE KEY").encode()


def _point(key: PublicKeyTypes) -> bytes:
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


async def stolen_at(port: int) -> Stolen:
    """What a party shows to whoever comes to its port."""
    async with await anyio.connect_tcp(HOST, port) as stream:
        tls = await TLSStream.wrap(
            stream, server_side=False, ssl_context=client_context(None), standard_compatible=False
        )
        shown = tls.extra_attributes[TLSAttribute.peer_certificate_binary]
        return Stolen(shown())
