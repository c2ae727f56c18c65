"""A handshake goes as far as the server's certificate; whatever else comes raises one error."""

from __future__ import annotations

import ssl
from contextlib import suppress
from time import time

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from partywire_grpc.certificates.evidence import MAX_CERTIFICATE
from partywire_grpc.handshake import MOST, Handshake, NoCertificate
from tests.certificates.building import Held, make
from tests.certificates.contexts import Answering, server_context

BOB = make("bob", now=time())
SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00"


def shake(context: ssl.SSLContext, piece: int = MOST) -> tuple[Handshake, bytes]:
    """Lead a handshake to its end, in pieces of so many bytes; return it and all that it sent."""
    handshake, server = Handshake(), Answering(context)
    sent = said = handshake.advance(b"")
    while handshake.leaf is None:
        answer = server.answer(said)
        assert answer, "the server waits for more than our handshake gives"
        said = b""
        for at in range(0, len(answer), piece):
            said += handshake.advance(answer[at : at + piece])
        sent += said
    return handshake, sent


def refusal(context: ssl.SSLContext) -> str:
    with pytest.raises(NoCertificate) as caught:
        shake(context)
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("piece", [1, 7, MOST])
def test_the_certificate_is_found_and_nothing_but_a_hello_is_sent(piece: int) -> None:
    handshake, sent = shake(server_context(BOB), piece)
    assert handshake.leaf == BOB.der
    assert sent[0] == 22
    assert len(sent) == 5 + int.from_bytes(sent[3:5])


def test_a_server_that_wants_our_certificate_gets_none() -> None:
    context = server_context(BOB)
    context.verify_mode = ssl.CERT_REQUIRED
    handshake, sent = shake(context)
    assert handshake.leaf == BOB.der
    assert len(sent) == 5 + int.from_bytes(sent[3:5])


def test_tls_1_2_is_not_spoken() -> None:
    context = server_context(BOB)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert refusal(context) == "speaks no TLS 1.3"


@pytest.mark.parametrize("alpn", [[], ["http/1.1"]])
def test_a_server_of_something_else_is_no_node(alpn: list[str]) -> None:
    assert refusal(server_context(BOB, alpn)) == "speaks TLS, but no gRPC"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (SETTINGS, "speaks gRPC without TLS; is its transport grpc-insecure?"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no TLS; another program is there"),
        (b"220 mail.example ESMTP\r\n", "speaks no TLS; another program is there"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "speaks no TLS 1.3"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "broke off the TLS handshake: "),
        (b"\x16\x03\x03\x04\xba\x02\0\x04\xb6" + bytes(0x4B6), "broke off the TLS handshake: "),
    ],
)
@pytest.mark.parametrize("piece", [1, MOST])
def test_what_is_there_instead_is_said_in_words(said: bytes, words: str, piece: int) -> None:
    handshake = Handshake()
    handshake.advance(b"")
    with pytest.raises(NoCertificate) as caught:
        for at in range(0, len(said), piece):
            handshake.advance(said[at : at + piece])
    assert str(caught.value).startswith(words)


def padded(size: int) -> Held:
    filler = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(size))
    return make("bob", now=time(), more=[(filler, False)])


def test_a_huge_certificate_is_none() -> None:
    assert shake(server_context(padded(MAX_CERTIFICATE - 1_000)))[0].leaf is not None
    assert refusal(server_context(padded(MAX_CERTIFICATE))) == (
        f"shows no certificate of at most {MAX_CERTIFICATE} bytes"
    )


def test_an_answer_without_an_end_is_cut() -> None:
    assert refusal(server_context(padded(MOST))) == (
        f"answers a handshake with more than {MOST} bytes"
    )
    handshake, record = Handshake(), b"\x16\x03\x03\x40\x00" + b"\x02\x00\xff\xff" + bytes(0x3FFC)
    handshake.advance(b"")
    with pytest.raises(NoCertificate):
        for _ in range(MOST // len(record) + 1):
            handshake.advance(record)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_raises_our_error_and_no_other(pieces: list[bytes]) -> None:
    handshake = Handshake()
    handshake.advance(b"")
    with suppress(NoCertificate):
        for piece in pieces:
            handshake.advance(piece)
    assert handshake.leaf is None


@given(st.dictionaries(st.integers(0, 599), st.integers(1, 255), min_size=1, max_size=3))
def test_an_answer_with_changed_bytes_gives_no_other_certificate(changes: dict[int, int]) -> None:
    handshake, server = Handshake(), Answering(server_context(BOB))
    answer = bytearray(server.answer(handshake.advance(b"")))
    for place, change in changes.items():
        answer[place] ^= change
    with pytest.raises(NoCertificate) as caught:
        handshake.advance(bytes(answer))
        handshake.advance(bytes(MOST))
    assert str(caught.value).isprintable()
    assert handshake.leaf in (None, BOB.der)
