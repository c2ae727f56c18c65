"""What a party shows over TLS."""

import hashlib
from typing import Final

import attrs

from partywire.identity import Evidence

MAX_CERTIFICATE: Final = 16 << 10
"""Bytes of one certificate in DER, at most."""
MAX_SHOWN: Final = 8 << 10
"""Bytes of a certificate of our own, at most.

gRPC's server ends no handshake in which the caller shows much more: BoringSSL puts the certificate
into two session tickets, and gRPC has 17 KiB for both.
"""
TOO_LARGE: Final = "its certificate has {size} bytes, and gRPC's servers take {most} of a caller"


@attrs.frozen
class TlsEvidence(Evidence):
    """The certificate by which the other end of a connection has proved to hold a key.

    Attributes:
        leaf: the certificate itself, in DER; what it says is not checked, and it may be no
            certificate at all.
    """

    leaf: bytes = attrs.field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the certificate, as it was written there.

        A certificate can be written in several ways that all verify: by either value of s, and by
        bits of its signature that no one reads. Only who has its key can show any of them.
        """
        return hashlib.sha256(self.leaf).digest()
