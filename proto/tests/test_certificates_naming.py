"""Whom a certificate names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partywire_grpc.certificates.naming import claimed_name


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_name_nobody(data: bytes) -> None:
    assert claimed_name(data) == ""
