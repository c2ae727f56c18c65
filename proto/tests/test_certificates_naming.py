"""Whom a certificate names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partywire_grpc.certificates.naming import claimed_name
from tests.certificates.building import make

NOW = 1_700_000_000.0


def test_the_one_common_name_is_claimed() -> None:
    assert claimed_name(make("bob", now=NOW).der) == "bob"


def test_two_common_names_or_none_name_nobody() -> None:
    for names in (("bob", "carol"), ()):
        assert claimed_name(make(*names, now=NOW, dns=("bob",)).der) == ""


def test_a_certificate_larger_than_any_names_nobody() -> None:
    assert claimed_name(make("bob", now=NOW, dns=[f"{n}.bob" for n in range(2000)]).der) == ""


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_name_nobody(data: bytes) -> None:
    assert claimed_name(data) == ""
