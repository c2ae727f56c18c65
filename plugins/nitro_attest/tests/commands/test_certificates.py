"""Certificates in files: ``verify`` refuses what every node does, and ``show`` tells of any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest.attested import check_end, read_attested
from partywire_nitro_attest.development.defects import MISCARRIED
from partywire_nitro_attest.development.defects.carriers import plain
from partywire_nitro_attest.judging import Trust, judge_document
from partywire_nitro_attest.roots import Roots
from tests.certificates.building import DAY, make

from .running import Place, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.certificates.building import Held

LIFE = 3 * 3600.0 - 60
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "it has ended": ({"end": -1.0}, "expired at"),
    "it has not begun": ({"begin": 60.0}, "is not valid before"),
    "it outlives its document": ({"end": 3650 * DAY}, "after the one that signed its document"),
    "it is a CA": ({"ca": True, "usages": ("key_cert_sign",)}, "may sign others"),
    "it may sign": ({"usages": ("digital_signature", "key_cert_sign")}, "may sign others"),
    "it does not say what its key is for": ({"usages": None}, "may sign others"),
}
"""How it is made, and what is said of it."""


def spki(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def shown(place: Place, carried: Any = plain, *, named: bytes = b"", **changes: Any) -> Held:
    """A certificate with a document of its key, or of the key that is named."""
    key = ec.generate_private_key(ec.SECP256R1())
    document = place.making(public_key=named or spki(key)).document()
    extensions = carried(document)
    more = extensions if isinstance(extensions, list) else [extensions]
    usual = {"now": place.now, "key": key, "end": LIFE, "more": more}
    return make("alice.example", **{**usual, **changes})


def steps(result: Any) -> dict[str, dict[str, str]]:
    return {each["step"]: each for each in json.loads(result.stdout)["steps"]}


def test_a_sound_certificate_is_verified_with_the_document_in_it(place: Place) -> None:
    result = place.verify(shown(place).pem, "--json")
    assert result.exit_code == 0, result.output
    found = steps(result)
    assert found["carrier"]["status"] == "passed"
    assert found["key"]["status"] == "not checked"
    assert "it is that of the certificate; there is no connection" in found["key"]["said"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_every_node_refuses_is_not_verified(place: Place, name: str) -> None:
    changes, said = REFUSED[name]
    held = shown(place, **changes)
    trust = Trust(Roots(frozenset({place.root.fingerprint}), development=True))
    with pytest.raises(EvidenceInvalid, match=said):
        attested = read_attested(held.der, "alice.example", place.now)
        check_end(
            attested, judge_document(attested.document, now=place.now, trust=trust), "alice.example"
        )
    result = place.verify(held.pem, "--json")
    assert result.exit_code == 1
    found = steps(result)
    assert found["carrier"]["status"] == "failed"
    assert said in found["carrier"]["said"]
    assert {each["status"] for each in list(found.values())[1:]} == {"not reached"}
    assert said in result.stderr


def test_a_certificate_around_the_document_of_another_key_is_not_verified(place: Place) -> None:
    other = spki(ec.generate_private_key(ec.SECP256R1()))
    result = place.verify(shown(place, named=other).pem)
    assert result.exit_code == 1
    assert "refused (key-other)" in result.stderr


def test_a_certificate_is_looked_at_as_of_the_time_that_is_given(place: Place) -> None:
    ended = Place(place.folder, now=1_782_779_620.0)
    held = shown(ended)
    assert ended.verify(held.pem, "--at", "2026-06-30T00:34:00").exit_code == 0
    assert ended.verify(held.pem, "--at", "2026-06-30T03:33:39").exit_code == 1


@pytest.mark.parametrize("name", MISCARRIED)
def test_what_is_no_conceptual_message_is_refused(place: Place, name: str) -> None:
    content = shown(place, lambda document: list(MISCARRIED[name](document))).pem
    for result in (run("show", place.written(content)), place.verify(content, "--json")):
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert "refused (carrier-" in result.stderr
        assert isinstance(result.exception, SystemExit)
    assert steps(result)["carrier"]["status"] == "failed"


def _replaced(old: bytes, new: bytes) -> Callable[[Held], bytes]:
    def replaced(held: Held) -> bytes:
        assert old in held.der
        return held.der.replace(old, new)

    return replaced


def _off_the_curve(held: Held) -> bytes:
    point = held.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _replaced(point, point[:-1] + bytes([point[-1] ^ 1]))(held)


UNREADABLE = {
    "a name that is not UTF-8": _replaced(b"alice.example", b"\xfflice.example"),
    "a key of another kind": _replaced(
        bytes.fromhex("2a8648ce3d0201"), b"\x2a\x86\x48\xce\x3d\x02\x7f"
    ),
    "a curve that nobody has": _replaced(
        bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d03017f")
    ),
    "a point off the curve": _off_the_curve,
}


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_of_a_certificate_is_told(
    place: Place, name: str, command: str
) -> None:
    held = shown(place, dns=("other.example",))
    result = run(command, place.written(UNREADABLE[name](held)))
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    assert "the certificate cannot be read" in result.stderr
