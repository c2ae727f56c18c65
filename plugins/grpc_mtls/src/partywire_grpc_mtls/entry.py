"""Whether a server takes this party's certificate; does no I/O.

In TLS 1.3 a client is done before the server has looked at its certificate. So what counts is what
comes next: a server of HTTP/2 that takes it begins by itself, and any other closes.
"""

import ssl
from pathlib import Path
from typing import Final

from partywire.errors import outside_text

MOST: Final = 64 << 10
"""Bytes of a server's answer."""


class Refused(Exception):
    """A server does not go on after it has seen our certificate; the text says what it does."""


class Entry:
    """A handshake with a server that has this leaf, by this party's certificate.

    Nothing of ours leaves for anybody else. The files are read at once.

    Attributes:
        taken: whether the server has begun to speak HTTP/2.
    """

    def __init__(self, leaf: bytes, certificate: Path, private_key: Path) -> None:
        """Begin by `advance` with no bytes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # the leaf itself is pinned
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=leaf)
        context.load_cert_chain(certificate, private_key)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["h2"])
        self.taken: bool = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing)
        self._shaken = False
        self._took = 0

    def advance(self, came: bytes) -> bytes:
        """Take bytes of the server, and return what is to be sent to it until `taken`.

        Raises `Refused`.
        """
        self._took += len(came)
        if self._took > MOST:
            raise Refused(f"answers with more than {MOST} bytes")
        self._incoming.write(came)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            self.taken = bool(self._tls.read(1))
        except ssl.SSLWantReadError:
            return self._outgoing.read()
        except ssl.SSLError as error:
            raise Refused(outside_text(error.reason or str(error))) from None
        return b""
