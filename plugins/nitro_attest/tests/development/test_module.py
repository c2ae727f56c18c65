from __future__ import annotations

import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from partywire_nitro_attest.development import (
    Certified,
    DevelopmentModule,
    definite,
    in_debug_mode,
    measured,
)
from partywire_nitro_attest.development.cbor import Item, Pairs, encoded
from partywire_nitro_attest.security_module import MOST_BYTES, SecurityModule

PCRS = measured("an image")


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(now: float) -> Clock:
    return Clock(now)


@pytest.fixture
def module(root: Certified, clock: Clock) -> DevelopmentModule:
    return DevelopmentModule(root, pcrs=PCRS, clock=clock)


def leaf_of(module: DevelopmentModule) -> bytes:
    return module.making().chain.leaf.der


def test_is_a_security_module(module: DevelopmentModule) -> None:
    assert isinstance(module, SecurityModule)


def test_a_document_is_the_envelope_that_genuine_ones_have(module: DevelopmentModule) -> None:
    document = module.attest()
    assert document.startswith(bytes.fromhex("84 44a1013822 a0 59"))
    assert document[-98:-96] == bytes.fromhex("5860")
    size = int.from_bytes(document[8:10])
    assert len(document) == 10 + size + 98
    assert document[10] == 0xBF
    assert document[10 + size - 1] == 0xFF


def test_fields_come_in_the_genuine_order_and_form(module: DevelopmentModule) -> None:
    made = module.making(public_key=b"a key", nonce=b"")
    chain = made.chain
    pcrs = {index: PCRS.get(index, bytes(48)) for index in range(16)}
    expected: dict[str, Item] = {
        "module_id": module.module_id,
        "digest": "SHA384",
        "timestamp": 1_782_779_620_500,
        "pcrs": pcrs,
        "certificate": chain.leaf.der,
        "cabundle": [each.der for each in (chain.root, chain.region, chain.zone, chain.instance)],
        "public_key": b"a key",
        "user_data": None,
        "nonce": b"",
    }
    assert made.encode(made.fields) == encoded(Pairs(tuple(expected.items()), indefinite=True))
    assert definite(made.fields) == encoded(expected)
    assert definite(made.fields)[0] == 0xA9


def test_the_id_names_an_instance_and_an_enclave(module: DevelopmentModule) -> None:
    assert re.fullmatch(r"i-[0-9a-f]{17}-enc[0-9a-f]{16}", module.module_id)


def test_it_is_signed_by_the_leaf_as_es384(module: DevelopmentModule) -> None:
    made = module.making(nonce=b"n")
    document = made.document()
    payload, found = document[10:-98], document[-96:]
    r, s = int.from_bytes(found[:48]), int.from_bytes(found[48:])
    signed = bytes.fromhex("84 6a 5369676e617475726531 44a1013822 40 59")
    signed += len(payload).to_bytes(2) + payload
    leaf = x509.load_der_x509_certificate(made.chain.leaf.der).public_key()
    assert isinstance(leaf, ec.EllipticCurvePublicKey)
    leaf.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA384()))


def test_documents_share_a_leaf_until_a_quarter_of_an_hour_is_left(
    module: DevelopmentModule, clock: Clock
) -> None:
    first = leaf_of(module)
    clock.now += 2 * 3600 + 44 * 60
    assert leaf_of(module) == first
    clock.now += 60
    second = leaf_of(module)
    assert second != first
    begin = x509.load_der_x509_certificate(second).not_valid_before_utc
    assert begin.timestamp() == int(clock.now - 3)


def test_a_module_that_lives_for_seconds_renews_within_them(root: Certified, clock: Clock) -> None:
    module = DevelopmentModule(root, pcrs=PCRS, clock=clock, lifetime=12)
    found = set()
    for _ in range(24):
        leaf = x509.load_der_x509_certificate(leaf_of(module))
        found.add(leaf.serial_number)
        assert leaf.not_valid_after_utc.timestamp() > clock.now
        clock.now += 1
    assert len(found) == 4


def test_the_id_outlasts_a_leaf(module: DevelopmentModule, clock: Clock) -> None:
    before = module.making().fields["module_id"]
    clock.now += 3 * 3600
    assert module.making().fields["module_id"] == before == module.module_id


@pytest.mark.parametrize("carried", ["public_key", "user_data", "nonce"])
def test_carries_1024_bytes_in_each_field_and_no_more(
    module: DevelopmentModule, carried: str
) -> None:
    assert module.making(**{carried: bytes(MOST_BYTES)}).fields[carried] == bytes(MOST_BYTES)
    with pytest.raises(ValueError, match="1024 bytes"):
        module.attest(**{carried: bytes(MOST_BYTES + 1)})


@pytest.mark.parametrize("pcrs", [{32: bytes(48)}, {-1: bytes(48)}, {0: bytes(47)}, {0: b""}])
def test_refuses_pcrs_that_no_module_has(root: Certified, pcrs: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="48 bytes each, and an index from 0 to 31"):
        DevelopmentModule(root, pcrs=pcrs)


def test_a_pcr_above_15_is_there_where_it_was_set(root: Certified) -> None:
    module = DevelopmentModule(root, pcrs={**PCRS, 16: b"c" * 48})
    found = module.making().fields["pcrs"]
    assert isinstance(found, dict)
    assert list(found) == list(range(17))
    assert found[16] == b"c" * 48


def test_images_differ_in_pcrs_0_to_2_and_debug_mode_is_zero_there() -> None:
    other = measured("another image")
    assert all(PCRS[index] != other[index] for index in range(3))
    assert len({pcr for index, pcr in PCRS.items()}) == 4
    debug = in_debug_mode()
    assert [debug[index] for index in range(3)] == [bytes(48)] * 3
    assert debug[4] == PCRS[4] != bytes(48)


def test_no_repr_shows_a_key(module: DevelopmentModule) -> None:
    made = module.making()
    assert str(made.key.private_numbers().private_value) not in repr(made) + repr(module)
    assert "key=<" not in repr(made)
