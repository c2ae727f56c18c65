"""The client's half of a TLS handshake, as far as the server's certificate; does no I/O."""

import ssl
from typing import Final

from partywire.errors import outside_text
from partywire_grpc.certificates.evidence import MAX_CERTIFICATE

MOST: Final = 64 << 10
"""Bytes of a server's answer."""

_TLS: Final = (b"\x15", b"\x16")
"""How TLS records of a server begin: an alert, a handshake (RFC 8446, section 5.1)."""
_SETTINGS: Final = b"\x04"
"""The type in the fourth byte of HTTP/2's first frame (RFC 9113, section 6.5)."""
_OLD: Final = frozenset({"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"})
_OTHER: Final = "say which program listens at that address, and where its node does"


class NoCertificate(Exception):
    """A server shows no certificate for gRPC over TLS 1.3; the text says what it does.

    Attributes:
        remedy: what the operator of that server has to do, as it follows "has to".
    """

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.remedy: str = remedy


class Handshake:
    """Goes on until the server has signed with the key of its certificate, and no further.

    What would come next, a certificate of ours, is never sent.

    Attributes:
        leaf: the server's certificate, in DER; nothing of it is checked.
    """

    def __init__(self) -> None:
        """Begin by `advance` with no bytes."""
        self.leaf: bytes | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = _context().wrap_bio(self._incoming, self._outgoing)
        self._began = b""
        self._taken = 0

    def advance(self, came: bytes) -> bytes:
        """Take bytes of the server, and return what is to be sent to it until `leaf` is there.

        Raises `NoCertificate`.
        """
        self._taken += len(came)
        if self._taken > MOST:
            raise NoCertificate(f"answers a handshake with more than {MOST} bytes", _OTHER)
        self._began = (self._began + came[:4])[:4]
        self._incoming.write(came)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return self._outgoing.read()
        except ssl.SSLError as error:
            raise self._in_words(error) from None
        self.leaf = self._certificate()
        return b""

    def _certificate(self) -> bytes:
        if self._tls.selected_alpn_protocol() != "h2":
            raise NoCertificate("speaks TLS, but no gRPC", _OTHER)
        leaf = self._tls.getpeercert(binary_form=True)
        if leaf is None or len(leaf) > MAX_CERTIFICATE:
            raise NoCertificate(f"shows no certificate of at most {MAX_CERTIFICATE} bytes", _OTHER)
        return leaf

    def _in_words(self, error: ssl.SSLError) -> NoCertificate:
        if self._began[:1] not in _TLS:
            if self._began[3:] != _SETTINGS:
                return NoCertificate("speaks no TLS; another program is there", _OTHER)
            said = "speaks gRPC without TLS; is its transport grpc-insecure?"
            return NoCertificate(said, 'run its node with the transport "grpc-mtls"')
        if error.reason in _OLD:
            return NoCertificate("speaks no TLS 1.3", "let it speak TLS 1.3")
        said = f"broke off the TLS handshake: {outside_text(error.reason or str(error))}"
        return NoCertificate(said, _OTHER)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # judged by the node, and pinned
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    return context
