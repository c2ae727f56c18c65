"""Documents that AWS signed are judged as their manifest says, each at its own time.

They are not part of the project. They are looked for beside it, or where ``NITRO_VECTORS`` says.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from partywire_nitro_attest import Refusal, Refused, Trust, judge_document
from partywire_nitro_attest.roots import AWS
from tests.architecture.house import ROOT

VECTORS: Final = Path(os.environ.get("NITRO_VECTORS", ROOT.parent / "shared/vectors/nitro"))
LIFE: Final = 3 * 3600 + 3
TRUST: Final = Trust(allow_debug=True)
_REFUSED: Final = {"cose-signature": Refusal.SIGNATURE}

pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="genuine documents are not beside the project (NITRO_VECTORS)"
)


class Vector(NamedTuple):
    """A row of the manifest."""

    name: str
    at: float
    refusal: Refusal | None
    debug: bool
    sizes: tuple[int | None, ...]
    signer_set: bool

    @property
    def raw(self) -> bytes:
        return (VECTORS / self.name).read_bytes()


def vectors() -> list[Vector]:
    manifest = VECTORS / "MANIFEST.md"
    if not manifest.is_file():
        return []
    lines = manifest.read_text("utf-8").splitlines()
    return [_vector(line) for line in lines if line.startswith("| 2")]


def _vector(line: str) -> Vector:
    name, time, expected, debug, _, sizes, signer, *_ = [
        cell.strip() for cell in line.split("|")[1:]
    ]
    verdict = re.fullmatch(r"(ACCEPT|REJECT ([\w-]+)).*", expected)
    assert verdict, expected
    return Vector(
        name,
        datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp(),
        _REFUSED[verdict[2]] if verdict[2] else None,
        debug == "True",
        tuple(None if size == "None" else int(size) for size in sizes.split("/")),
        signer == "yes",
    )


ALL: Final = pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
GOOD: Final = pytest.mark.parametrize(
    "vector", [each for each in vectors() if not each.refusal], ids=lambda vector: vector.name
)


def test_there_are_some() -> None:
    assert sum(each.refusal is None for each in vectors()) >= 9
    assert any(each.refusal for each in vectors())


def test_the_root_is_the_one_that_aws_publishes() -> None:
    pem = (VECTORS / "aws-nitro-root-g1.pem").read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert hashlib.sha256(der).hexdigest() == AWS


@ALL
def test_it_is_judged_as_the_manifest_says(vector: Vector) -> None:
    if vector.refusal:
        with pytest.raises(Refused) as caught:
            judge_document(vector.raw, now=vector.at, trust=TRUST)
        assert caught.value.refusal is vector.refusal
        return
    judged = judge_document(vector.raw, now=vector.at, trust=TRUST)
    document = judged.document
    fields = (document.public_key, document.user_data, document.nonce)
    assert int(document.time) == vector.at
    assert document.debug is vector.debug
    assert tuple(None if field is None else len(field) for field in fields) == vector.sizes
    assert any(document.pcrs[8]) is vector.signer_set
    assert not judged.development
    assert document.unknown == ()
    assert vector.at < judged.valid_until <= vector.at + LIFE


@GOOD
def test_it_is_refused_once_it_is_old(vector: Vector) -> None:
    today = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
    with pytest.raises(Refused) as caught:
        judge_document(vector.raw, now=today, trust=TRUST)
    assert caught.value.refusal is Refusal.TIME_TOO_OLD


@GOOD
def test_its_chain_has_ended_by_then_too(vector: Vector) -> None:
    today = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
    with pytest.raises(Refused) as caught:
        judge_document(vector.raw, now=today, trust=Trust(max_age=1e9, allow_debug=True))
    assert caught.value.refusal is Refusal.CHAIN_EXPIRED


@GOOD
def test_debug_mode_is_refused_unless_it_is_allowed(vector: Vector) -> None:
    if not vector.debug:
        judge_document(vector.raw, now=vector.at, trust=Trust())
        return
    with pytest.raises(Refused) as caught:
        judge_document(vector.raw, now=vector.at, trust=Trust())
    assert caught.value.refusal is Refusal.DEBUG
