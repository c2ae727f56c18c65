"""A prime field: its bytes, and the fractions that are read back from it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.field import (
    MERSENNE_EXPONENTS,
    Field,
    MalformedElements,
    NoSuchFraction,
)

FIELD = Field(2**127 - 1)
BOUND = 2**62
ELEMENTS = st.integers(0, FIELD.prime - 1)


@pytest.mark.parametrize("exponent", MERSENNE_EXPONENTS)
def test_every_order_in_the_table_is_prime(exponent: int) -> None:
    """Lucas and Lehmer: for odd e, 2^e - 1 is prime iff it divides the last number of this row."""
    order, residue = 2**exponent - 1, 4
    for _ in range(exponent - 2):
        residue = (residue**2 - 2) % order
    assert residue == 0


def test_a_field_is_as_small_as_its_bound_allows() -> None:
    assert Field.larger_than(2**61 - 2).prime == 2**61 - 1
    assert Field.larger_than(2**61 - 1).prime == 2**89 - 1


def test_a_bound_beyond_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no prime"):
        Field.larger_than(2**5000)


@given(ELEMENTS.filter(bool))
def test_an_element_times_its_inverse_is_one(element: int) -> None:
    assert element * FIELD.inverse(element) % FIELD.prime == 1


def test_zero_has_no_inverse() -> None:
    with pytest.raises(ValueError, match="not invertible"):
        FIELD.inverse(0)


@given(st.lists(ELEMENTS))
def test_elements_come_back_from_their_bytes(elements: list[int]) -> None:
    data = FIELD.encode(elements)
    assert len(data) == len(elements) * FIELD.width
    assert FIELD.decode(data, len(elements)) == elements


def test_an_element_is_big_endian_in_fixed_width() -> None:
    assert Field(251).encode([1, 250]) == b"\x01\xfa"
    assert Field(257).encode([1, 256]) == b"\x00\x01\x01\x00"


@given(st.binary(max_size=100), st.integers(0, 5))
def test_bytes_that_decode_encode_to_themselves(data: bytes, count: int) -> None:
    """No two byte strings mean the same elements: all others are refused."""
    try:
        elements = FIELD.decode(data, count)
    except MalformedElements:
        return
    assert FIELD.encode(elements) == data


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\x02\x03"])
def test_a_wrong_length_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedElements, match="bytes are not 2 elements"):
        Field(251).decode(data, 2)


@pytest.mark.parametrize("number", [251, 255])
def test_a_number_outside_the_field_is_malformed(number: int) -> None:
    with pytest.raises(MalformedElements, match="not below the prime"):
        Field(251).decode(bytes([0, number]), 2)


@given(st.integers(-BOUND, BOUND), st.integers(1, BOUND))
def test_a_fraction_is_read_back(numerator: int, denominator: int) -> None:
    element = numerator * FIELD.inverse(denominator) % FIELD.prime
    assert FIELD.to_fraction(element, BOUND) == Fraction(numerator, denominator)


@pytest.mark.parametrize("prime", [61, 97])
def test_every_element_is_its_only_small_fraction_or_none(prime: int) -> None:
    """Against a model: the table of all fractions within the bound."""
    field, bound = Field(prime), 5
    table = {
        a * field.inverse(b) % prime: Fraction(a, b)
        for b in range(1, bound + 1)
        for a in range(-bound, bound + 1)
    }
    for element in range(prime):
        if element in table:
            assert field.to_fraction(element, bound) == table[element]
        else:
            with pytest.raises(NoSuchFraction):
                field.to_fraction(element, bound)


def test_a_field_too_small_for_the_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="below the prime"):
        Field(97).to_fraction(5, bound=7)
