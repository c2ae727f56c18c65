"""Frames as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.delivery.hello import NODE, Hello, Way, WayBack, Welcome
from partywire.errors import Malformed
from partywire_inmemory.simulation.frames import (
    Kind,
    decode_frame,
    decode_hello,
    decode_welcome,
    encode_frame,
    encode_hello,
    encode_welcome,
)

FIELDS = st.binary(max_size=40)
HELLOS = st.builds(
    Hello,
    kind=st.sampled_from([NODE, "probe", "päärtner"]),
    incarnation=FIELDS,
    started=st.floats(allow_nan=False),
    roster=FIELDS,
    clock=st.floats(allow_nan=False),
    nonce=FIELDS,
    echo=FIELDS,
    features=st.sampled_from([(), ("one",), ("one", "two")]),
    slot=FIELDS,
    version=st.integers(0, (1 << 32) - 1),
)


@given(HELLOS)
def test_a_hello_comes_back(hello: Hello) -> None:
    assert decode_hello(encode_hello(hello)) == hello


@given(
    st.builds(
        Welcome,
        st.booleans(),
        st.none() | st.builds(WayBack, st.sampled_from(Way), st.floats(min_value=0)),
        FIELDS,
    )
)
def test_the_end_of_a_hello_comes_back(welcome: Welcome) -> None:
    assert decode_welcome(encode_welcome(welcome)) == welcome


@given(st.sampled_from(Kind), st.integers(0, (1 << 64) - 1), FIELDS)
def test_a_frame_comes_back(kind: Kind, number: int, body: bytes) -> None:
    assert decode_frame(encode_frame(kind, number, body)) == (kind, number, body)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_malformed(data: bytes) -> None:
    for decode in (decode_frame, decode_hello, decode_welcome):
        try:
            decode(data)
        except Malformed:
            continue


@given(HELLOS, st.data())
def test_a_hello_that_is_cut_or_goes_on_is_malformed(hello: Hello, data: st.DataObject) -> None:
    whole = encode_hello(hello)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + b"!"):
        with pytest.raises(Malformed):
            decode_hello(wrong)


def test_a_frame_of_unknown_kind_is_malformed() -> None:
    with pytest.raises(Malformed, match="of unknown kind"):
        decode_frame(bytes([9, 0, 0, 0, 0, 0, 0, 0, 0]))
