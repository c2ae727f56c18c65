"""Certificates are read strictly: what is none is refused by our own error, and by no other."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.errors import EvidenceInvalid, IdentityError
from partywire_grpc.certificates.evidence import MAX_CERTIFICATE
from partywire_grpc.certificates.files import MAX_FILE
from partywire_grpc.certificates.reading import Leaf, read_leaf, read_leaves
from partywire_grpc.certificates.rules import check_authority, check_leaf, is_signed_by
from tests.certificates.building import BOTH_ENDS, DAY, authority, make
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import town

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_700_000_000.0
PLACE = town(NOW)
REAL = [held.der for held in (*PLACE.own.values(), *PLACE.authorities.values())]
REAL += [impostor.make(PLACE).der for impostor in IMPOSTORS.values()]


def leaf(data: bytes) -> Leaf | None:
    """What is read, or None for a refusal; nothing else is raised, by any rule either."""
    found = None
    with suppress(EvidenceInvalid):
        found = read_leaf(data, "bob")
    if found is not None:
        with suppress(IdentityError):
            check_authority(found, "bob")
        with suppress(IdentityError):
            check_leaf(found, "bob", frozenset({"carol"}))
        is_signed_by(found, found)
    return found


def test_what_a_certificate_says_is_read() -> None:
    held = make("bob", now=NOW, dns=("bob", "*.bob"), issuer=None, end=DAY)
    read = read_leaf(held.der, "bob")
    assert read.der == held.der
    assert read.sha256 == hashlib.sha256(held.der).hexdigest()
    assert (read.version, read.common_names, read.issuer_names) == (3, ("bob",), ("bob",))
    assert read.dns_names == ("bob", "*.bob")
    assert (read.not_before, read.not_after) == (NOW - DAY, NOW + DAY)
    assert read.key_usages == frozenset({"digital_signature"})
    assert read.extended_usages == frozenset(usage.dotted_string for usage in BOTH_ENDS)
    assert not read.is_ca
    assert not read.unknown


def test_what_is_not_stated_is_not_made_up() -> None:
    read = read_leaf(make("bob", now=NOW, dns=(), ca=None, usages=None, extended=None).der, "bob")
    assert (read.dns_names, read.key_usages, read.extended_usages) == ((), None, None)
    assert not read.is_ca


def test_one_key_has_one_digest_and_another_one_another() -> None:
    one = make("bob", now=NOW)
    digests = [
        read_leaf(held.der, "bob").key_sha256
        for held in (one, make("carol", now=NOW, key=one.key), make("bob", now=NOW))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_no_key_and_no_certificate_is_in_its_repr() -> None:
    read = read_leaf(REAL[0], "bob")
    assert repr(read.der) not in repr(read)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_certificate_are_refused(data: bytes) -> None:
    assert leaf(data) is None


@given(st.sampled_from(REAL), st.data())
def test_a_certificate_that_was_changed_is_refused_or_read(
    real: bytes, data: st.DataObject
) -> None:
    changed = bytearray(real)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
    found = leaf(bytes(changed))
    assert found is None or found.der == bytes(changed)


@given(st.sampled_from(REAL), st.data())
def test_a_certificate_that_was_cut_or_goes_on_is_refused(real: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(real) - 1))
    assert leaf(real[:at]) is None
    assert leaf(real + data.draw(st.binary(min_size=1, max_size=8))) is None


@given(st.sampled_from(REAL), st.sampled_from(REAL), st.data())
def test_two_certificates_spliced_are_refused_or_read(
    one: bytes, other: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, min(len(one), len(other))))
    spliced = one[:at] + other[at:]
    found = leaf(spliced)
    assert found is None or found.der == spliced


def test_a_certificate_larger_than_any_is_refused_before_it_is_read() -> None:
    names = [f"{number}.bob" for number in range(2000)]
    held = make("bob", now=NOW, dns=names)
    assert len(held.der) > MAX_CERTIFICATE
    with pytest.raises(EvidenceInvalid, match=f"more than {MAX_CERTIFICATE} bytes"):
        read_leaf(held.der, "bob")


def test_a_name_longer_than_any_is_no_party_id() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of it
        found = read_leaf(make("b" * 65, now=NOW, dns=("bob",)).der, "bob")
        with pytest.raises(EvidenceInvalid, match=r'"b{61}\.\.\." is no party id'):
            check_leaf(found, "bob", frozenset())


def test_nothing_is_printed_of_an_odd_certificate(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (tmp_path / "odd").write_bytes(make("b" * 65, now=NOW, dns=("bob",)).der)
    reading = (
        "import sys; from pathlib import Path;"
        "from partywire_grpc.certificates.naming import claimed_name;"
        "from partywire_grpc.certificates.reading import read_leaf;"
        "der = Path(sys.argv[1]).read_bytes();"
        "print(read_leaf(der, 'bob').common_names[0] == claimed_name(der))"
    )
    command = [sys.executable, "-c", reading, str(tmp_path / "odd")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)  # noqa: S603
    assert (ended.stdout, ended.stderr) == ("True\n", "")


def test_a_file_may_hold_several_certificates_with_text_around_them() -> None:
    held = make("bob", now=NOW), authority("bob", NOW)
    pem = b"of bob\n" + held[0].pem + b"his CA\n" + held[1].pem
    assert [each.der for each in read_leaves(pem, "bob")] == [each.der for each in held]


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "no certificate in PEM"),
        (REAL[0], "no certificate in PEM"),
        (b"x" * (MAX_FILE + 1), f"more than {MAX_FILE} bytes"),
        (PLACE.own["bob"].pem + PLACE.own["bob"].key_pem, "a private key is in it"),
        (PLACE.own["bob"].pem[:-30], "cannot be read"),
        (PLACE.own["bob"].pem.replace(b"M", b"!", 1), "cannot be read"),
    ],
    ids=["nothing", "DER", "large", "key", "cut", "no base64"],
)
def test_a_file_that_holds_something_else_is_refused(pem: bytes, words: str) -> None:
    with pytest.raises(EvidenceInvalid, match=words):
        read_leaves(pem, "bob")


@given(st.binary(max_size=200), st.integers(0, 600))
def test_a_file_with_garbage_in_it_is_refused_or_read(garbage: bytes, at: int) -> None:
    pem = PLACE.own["bob"].pem
    with suppress(EvidenceInvalid):
        for found in read_leaves(pem[:at] + garbage + pem[at:], "bob"):
            assert leaf(found.der) == found
