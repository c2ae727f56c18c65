"""Slots as bytes, and what a proof has to cover: the same at both ends, and nowhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.delivery.challenge import (
    CHALLENGE,
    End,
    Exchange,
    Role,
    Slot,
    decode_slot,
    encode_slot,
)
from partywire.delivery.hello import Hello
from partywire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

SLOT = Slot(True, bytes(range(32)))
FIRST = Hello("node", b"i" * 16, 1.0, b"roster", 2.0, b"n" * 16, b"", ("one",), encode_slot(SLOT))
SECOND = attrs.evolve(
    FIRST,
    incarnation=b"j" * 16,
    nonce=b"m" * 16,
    echo=b"n" * 16,
    slot=encode_slot(Slot(False, b"c" * 32)),
)
EXCHANGE = Exchange(End("alice", b"a" * 32), End("bob", b"b" * 32), FIRST, SECOND)

GOLDEN = [
    "d11f29b9fce08b9ce9ee59ba2fcde6b54ea1d90d43d8789679ba1387732b8d16"
    "c49a20285d4b446fae69ddbbb9a673fc",
    "08ba7769bf16cfabc02edf05d43ea7da6b9e40cd949c59cfc7fe88ce6581d671"
    "bf1b215695e461ffee79d0575cc4f0f2",
]


def test_a_slot_as_bytes() -> None:
    assert encode_slot(None) == b""
    assert encode_slot(SLOT).hex() == "0101" + bytes(range(32)).hex()
    assert encode_slot(Slot(False, b"c" * 32, b"proof")) == b"\x01\x00" + b"c" * 32 + b"proof"


@given(st.none() | st.builds(Slot, st.booleans(), st.binary(min_size=32, max_size=32), st.binary()))
def test_a_slot_is_read_as_it_was_written(slot: Slot | None) -> None:
    assert decode_slot(encode_slot(slot)) == slot


@given(st.binary(max_size=100))
def test_any_bytes_are_the_slot_that_they_stand_for_or_malformed(data: bytes) -> None:
    try:
        slot = decode_slot(data)
    except Malformed:
        return
    assert encode_slot(slot) == data


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x01", "cut short"),
        (b"\x01\x01" + bytes(CHALLENGE - 1), "cut short"),
        (b"\x02\x01" + bytes(CHALLENGE), "of version 2"),
        (b"\x01\x02" + bytes(CHALLENGE), "neither 0 nor 1"),
    ],
)
def test_a_slot_out_of_shape_is_malformed(data: bytes, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        decode_slot(data)


def test_no_challenge_and_no_proof_is_in_a_repr() -> None:
    text = repr(Slot(True, b"challenge".ljust(32), b"proof of it"))
    assert text == "Slot(wanted=True)"


def framed(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4, "little") + field for field in fields)


def test_a_binding_is_made_as_its_table_says() -> None:
    """By hand, field by field, of the server's proof."""
    first = bytes.fromhex(
        "0400000001000000040000006e6f646510000000" + "69" * 16 + "08000000000000000000f03f"
        "06000000726f73746572080000000000000000000040" + "10000000" + "6e" * 16 + "00000000"
        "07000000030000006f6e65220000000101" + bytes(range(32)).hex()
    )
    second = bytes.fromhex(
        "0400000001000000040000006e6f646510000000" + "6a" * 16 + "08000000000000000000f03f"
        "06000000726f73746572080000000000000000000040" + "10000000" + "6d" * 16 + "10000000"
        "" + "6e" * 16 + "07000000030000006f6e65220000000100" + "63" * 32
    )
    whole = framed(
        b"partywire proof 1",
        b"server",
        b"bob",
        b"alice",
        bytes(range(32)),
        b"c" * 32,
        b"b" * 32,
        b"a" * 32,
        hashlib.sha256(first + second).digest(),
        bytes(4),
    )
    assert EXCHANGE.binding(Role.SERVER) == hashlib.sha384(whole).digest()


def test_bindings_as_bytes() -> None:
    """They are what two versions have to agree on: a change here is another version."""
    assert [EXCHANGE.binding(role).hex() for role in Role] == GOLDEN


def test_a_proof_in_the_second_step_is_not_covered_by_itself() -> None:
    proved = attrs.evolve(SECOND, slot=SECOND.slot + b"proof")
    for role in Role:
        assert attrs.evolve(EXCHANGE, second=proved).binding(role) == EXCHANGE.binding(role)


def end(**changes: object) -> Callable[[End], End]:
    return lambda end: attrs.evolve(end, **changes)  # type: ignore[arg-type]


CHANGES: list[tuple[str, Callable[[Exchange], Exchange]]] = [
    ("swapped", lambda x: Exchange(x.server, x.dialler, x.first, x.second)),
    ("dialler", lambda x: attrs.evolve(x, dialler=attrs.evolve(x.dialler, party="carol"))),
    ("server", lambda x: attrs.evolve(x, server=attrs.evolve(x.server, party="carol"))),
    ("its certificate", lambda x: attrs.evolve(x, dialler=End("alice", b"c" * 32))),
    ("no certificate", lambda x: attrs.evolve(x, server=End("bob", b""))),
    *(
        (f"{step} {field}", lambda x, step=step, field=field, to=to: attrs.evolve(
            x, **{step: attrs.evolve(getattr(x, step), **{field: to})}
        ))
        for step in ("first", "second")
        for field, to in {
            "version": 2,
            "kind": "probe",
            "incarnation": b"k" * 16,
            "started": 1.5,
            "roster": b"",
            "clock": 2.5,
            "nonce": b"o" * 16,
            "echo": b"e" * 16,
            "features": ("o", "ne"),
            "slot": encode_slot(Slot(False, b"d" * 32)),
        }.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("change", [each for _, each in CHANGES], ids=[name for name, _ in CHANGES])
def test_all_that_is_said_changes_the_binding(
    role: Role, change: Callable[[Exchange], Exchange]
) -> None:
    assert change(EXCHANGE).binding(role) != EXCHANGE.binding(role)


@given(st.text("ab", max_size=4), st.text("ab", max_size=4), st.binary(max_size=4), st.text("ab"))
def test_no_two_exchanges_have_a_binding_in_common(
    one: str, other: str, certificate: bytes, feature: str
) -> None:
    """What moves from one field into the next is seen."""
    exchange = attrs.evolve(
        EXCHANGE,
        dialler=End(one, certificate),
        server=End(other, b""),
        first=attrs.evolve(FIRST, features=(feature,)),
    )
    moved = attrs.evolve(
        exchange,
        dialler=End(one + other, certificate),
        server=End("", b""),
        first=attrs.evolve(FIRST, features=tuple(feature)),
    )
    if moved != exchange:
        assert {moved.binding(role) for role in Role}.isdisjoint(map(exchange.binding, Role))
