"""Python's own TLS with the certificates of tests, for ends that are not ours."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.certificates.building import Held


class Answering:
    """A server's half of a handshake, in memory."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.over = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def answer(self, came: bytes) -> bytes:
        """What it says to that: at the end of the handshake, or where it refuses, an alert too."""
        self._incoming.write(came)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.over = True
        return self._outgoing.read()


def server_context(held: Held, alpn: Sequence[str] = ("h2",)) -> ssl.SSLContext:
    """What a server shows this certificate by."""
    return _showing(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), held, alpn)


def client_context(held: Held | None, alpn: Sequence[str] = ("h2",)) -> ssl.SSLContext:
    """What a client shows this certificate by, or none; it believes every server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _showing(context, held, alpn)


def _showing(context: ssl.SSLContext, held: Held | None, alpn: Sequence[str]) -> ssl.SSLContext:
    context.set_alpn_protocols(alpn)
    if held is not None:
        with TemporaryDirectory() as folder:
            file = Path(folder, "shown.pem")
            file.write_bytes(held.pem + held.key_pem)
            context.load_cert_chain(file)
    return context
