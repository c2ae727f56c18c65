"""Putting documents into certificates: the counterpart of `carriers`."""

from typing import Final, Literal

import cbor2
from cryptography import x509

from partywire_nitro_attest.attested import PARTY
from partywire_nitro_attest.carriers import EVIDENCE, MEDIA_TYPE, PLAIN, WRAPPED, der_length

Carrier = Literal["reference", "standard"]
"""How a certificate carries its document: as the reference system does, or by RFC 9999."""

_OCTET_STRING: Final = 0x04


def carrying(document: bytes, carrier: Carrier) -> x509.UnrecognizedExtension:
    """Return the extension that carries a document. It is not critical."""
    if carrier == "reference":
        return x509.UnrecognizedExtension(PLAIN, document)
    record = cbor2.dumps([MEDIA_TYPE, document, EVIDENCE])
    return x509.UnrecognizedExtension(WRAPPED, _octets(record))


def naming(party_certificate: bytes) -> x509.UnrecognizedExtension:
    """Return the extension that says whose certificate, in DER, vouches for a self-signed one."""
    return x509.UnrecognizedExtension(PARTY, party_certificate)


def _octets(content: bytes) -> bytes:
    """Return an OCTET STRING in DER."""
    return bytes([_OCTET_STRING]) + der_length(len(content)) + content
