"""Whether a server takes our certificate: by what it does next, and nothing leaves for others."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_grpc_mtls.entry import MOST, Entry, Refused
from tests.certificates.wallet import common_wallet

if TYPE_CHECKING:
    from pathlib import Path

WALLET = common_wallet("alice", "bob", "mallory")
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def files(party: str) -> tuple[Path, Path]:
    certificate = WALLET.certificate(party)
    return certificate, certificate.with_suffix(".key")


def leaf(party: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(WALLET.certificate(party).read_text())


class Server:
    """Bob's end of TLS, who lets in whom he knows and then begins to speak HTTP/2."""

    def __init__(self, party: str, knows: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files(party))
        context.set_alpn_protocols(["h2"])
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=leaf(knows))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.came = b""

    def advance(self, came: bytes) -> bytes:
        self.came += came
        self.incoming.write(came)
        with suppress(ssl.SSLError):
            self.tls.do_handshake()
            self.tls.write(SETTINGS)
        return self.outgoing.read()


def converse(entry: Entry, server: Server) -> None:
    given = entry.advance(b"")
    for _ in range(4):
        given = entry.advance(server.advance(given))
        if entry.taken:
            return


def test_a_server_that_begins_to_speak_has_taken_it() -> None:
    entry = Entry(leaf("bob"), *files("alice"))
    converse(entry, Server("bob", knows="alice"))
    assert entry.taken


def test_a_server_that_does_not_know_it_refuses_it() -> None:
    entry = Entry(leaf("bob"), *files("mallory"))
    with pytest.raises(Refused, match="ALERT"):
        converse(entry, Server("bob", knows="alice"))
    assert not entry.taken


def test_nobody_but_the_pinned_server_is_shown_it() -> None:
    entry, server = Entry(leaf("bob"), *files("alice")), Server("mallory", knows="alice")
    given = server.advance(entry.advance(b""))
    with pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"):
        entry.advance(given)
    assert not entry.taken


@given(st.binary(min_size=1, max_size=300))
def test_garbage_is_a_refusal_and_nothing_else(came: bytes) -> None:
    entry = Entry(leaf("bob"), *files("alice"))
    entry.advance(b"")
    with suppress(Refused):
        entry.advance(came)
    assert not entry.taken


def test_no_more_is_taken_than_there_may_be() -> None:
    entry = Entry(leaf("bob"), *files("alice"))
    entry.advance(b"")
    with pytest.raises(Refused, match=f"more than {MOST} bytes"):
        entry.advance(bytes(MOST + 1))
