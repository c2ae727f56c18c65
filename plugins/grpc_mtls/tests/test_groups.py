"""The key exchange that a server asks for, read from what it sends: whatever that is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_grpc_mtls.groups import GROUPS, MOST, client_hello, group_of, is_whole
from tests.certificates.wallet import common_wallet

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def retry(extensions: bytes, random: bytes = RETRY, identity: bytes = b"i" * 32) -> bytes:
    """A HelloRetryRequest in a record of its own."""
    body = b"\x03\x03" + random + bytes([len(identity)]) + identity + b"\x13\x01\x00"
    body += len(extensions).to_bytes(2) + extensions
    message = b"\x02" + len(body).to_bytes(3) + body
    return b"\x16\x03\x03" + len(message).to_bytes(2) + message


def share(group: int) -> bytes:
    return b"\x00\x33\x00\x02" + group.to_bytes(2)


VERSION = b"\x00\x2b\x00\x02\x03\x04"


@pytest.mark.parametrize("group", GROUPS)
def test_the_group_of_a_retry_is_found(group: int) -> None:
    for extensions in (share(group), VERSION + share(group)):
        assert group_of(retry(extensions)) == GROUPS[group]
        assert group_of(retry(extensions, identity=b"")) == GROUPS[group]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x15\x03\x03\x00\x02\x02\x28",
        retry(VERSION),
        retry(share(0x0100)),
        retry(share(0x001D), random=b"r" * 32),
        retry(b"\x00\x33\x00\x24" + b"\x00\x1d" + b"k" * 34),
    ],
    ids=["nothing", "an alert", "no group", "one not offered", "a ServerHello", "a share"],
)
def test_anything_else_names_no_group(answer: bytes) -> None:
    assert group_of(answer) is None


@given(st.binary(max_size=200))
def test_garbage_names_no_group_that_was_not_offered(answer: bytes) -> None:
    assert group_of(answer) in {None, *GROUPS.values()}


@given(st.integers(0, 80), st.binary(min_size=1, max_size=3))
def test_a_retry_cut_or_changed_raises_nothing(at: int, change: bytes) -> None:
    whole = retry(VERSION + share(0x11EC))
    group_of(whole[:at])
    assert group_of(whole[:at] + change + whole[at + len(change) :]) in {None, *GROUPS.values()}


def test_what_comes_is_awaited_to_the_end_of_the_record_and_no_longer_than_is_looked_at() -> None:
    whole = retry(share(0x001D))
    assert [is_whole(whole[:size]) for size in (0, 4, len(whole) - 1, len(whole))] == [
        False,
        False,
        False,
        True,
    ]
    assert is_whole(b"\x16\x03\x03\xff\xff" + bytes(MOST))


@pytest.mark.parametrize(
    ("curve", "name"), [("prime256v1", "P-256"), ("secp384r1", "P-384"), ("X25519", "X25519")]
)
def test_a_real_server_takes_it_for_a_client_hello(curve: str, name: str) -> None:
    """OpenSSL's, with one group alone; gRPC's is asked by the doctor's own tests."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = _context(lambda context: context.set_ecdh_curve(curve)).wrap_bio(
        incoming, outgoing, server_side=True
    )
    incoming.write(client_hello())
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    assert group_of(outgoing.read()) == name


def _context(change: Callable[[ssl.SSLContext], object]) -> ssl.SSLContext:
    certificate = common_wallet("alice").certificate("alice")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    context.set_alpn_protocols(["h2"])
    change(context)
    return context
