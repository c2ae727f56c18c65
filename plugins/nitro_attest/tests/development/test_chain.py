"""What the certificates say: the table is read off genuine documents."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from partywire_nitro_attest.development import Blueprint, Certified, issued
from partywire_nitro_attest.development.chain import new_module_id

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LIVES = {
    "region": 20 * DAY + HOUR,
    "zone": 5 * DAY + 16 * HOUR,
    "instance": DAY,
    "leaf": 3 * HOUR + timedelta(seconds=3),
}
SIGNING = {
    "root": ("digital_signature", "key_cert_sign", "crl_sign"),
    "region": ("digital_signature", "key_cert_sign", "crl_sign"),
    "zone": ("digital_signature", "key_cert_sign", "crl_sign"),
    "instance": ("key_cert_sign",),
    "leaf": ("digital_signature", "content_commitment"),
}
CONSTRAINTS, USAGE = ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE
ISSUER, SUBJECT = ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.SUBJECT_KEY_IDENTIFIER
REVOKED = ExtensionOID.CRL_DISTRIBUTION_POINTS
EXTENSIONS = {
    "root": [(CONSTRAINTS, True), (SUBJECT, False), (USAGE, True)],
    "region": [
        (CONSTRAINTS, True), (ISSUER, False), (SUBJECT, False), (USAGE, True), (REVOKED, False)
    ],
    "zone": [
        (CONSTRAINTS, True), (ISSUER, False), (SUBJECT, False), (USAGE, True), (REVOKED, False)
    ],
    "instance": [(CONSTRAINTS, True), (USAGE, True), (SUBJECT, False), (ISSUER, False)],
    "leaf": [(CONSTRAINTS, True), (USAGE, False)],
}  # fmt: skip
BELOW = {"root": None, "region": 2, "zone": 1, "instance": 0, "leaf": None}
NAMES = {
    "root": r"development\.nitro-enclaves",
    "region": r"[0-9a-f]{16}\.dev-1\.development\.nitro-enclaves",
    "zone": r"[0-9a-f]{16}\.zonal\.dev-1\.development\.nitro-enclaves",
    "instance": r"i-[0-9a-f]{17}\.dev-1\.development\.nitro-enclaves",
    "leaf": r"i-[0-9a-f]{17}-enc[0-9a-f]{16}\.dev-1\.development",
}
PLACES = tuple(NAMES)
EACH = pytest.mark.parametrize("place", PLACES)


@pytest.fixture(scope="module")
def chain(root: Certified) -> dict[str, x509.Certificate]:
    now = root.certificate.not_valid_before_utc.timestamp() + 9 * 24 * 3600
    made = issued(root, module_id=new_module_id(), now=now)
    return {place: getattr(made, place).certificate for place in PLACES}


@EACH
def test_is_called_after_its_place(chain: dict[str, x509.Certificate], place: str) -> None:
    (name,) = chain[place].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert re.fullmatch(NAMES[place], str(name.value))


@EACH
def test_nobody_takes_it_for_amazons(chain: dict[str, x509.Certificate], place: str) -> None:
    (owner,) = chain[place].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    (unit,) = chain[place].subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    assert (owner.value, unit.value) == ("partywire development", "not AWS")


@EACH
def test_extensions_are_the_genuine_ones(chain: dict[str, x509.Certificate], place: str) -> None:
    found = chain[place].extensions
    assert [(each.oid, each.critical) for each in found] == EXTENSIONS[place]
    constraints = found.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (place != "leaf", BELOW[place])
    stated = found.get_extension_for_class(x509.KeyUsage).value
    named = {name for name in dir(stated) if not name.startswith("_")}
    usages = named - {"encipher_only", "decipher_only", "oid", "public_bytes"}
    assert {name for name in usages if getattr(stated, name)} == set(SIGNING[place])


@EACH
def test_is_of_p384_and_sha384(chain: dict[str, x509.Certificate], place: str) -> None:
    key = chain[place].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"
    digest = chain[place].signature_hash_algorithm
    assert digest is not None
    assert digest.name == "sha384"


@pytest.mark.parametrize("place", LIVES)
def test_lasts_as_long_as_a_genuine_one(chain: dict[str, x509.Certificate], place: str) -> None:
    found = chain[place]
    assert found.not_valid_after_utc - found.not_valid_before_utc == LIVES[place]


def test_the_root_lasts_30_years(chain: dict[str, x509.Certificate]) -> None:
    life = chain["root"].not_valid_after_utc - chain["root"].not_valid_before_utc
    assert life // (365 * DAY) == 30


def test_each_is_signed_by_the_one_above(chain: dict[str, x509.Certificate]) -> None:
    chain["root"].verify_directly_issued_by(chain["root"])
    for above, below in pairwise(PLACES):
        chain[below].verify_directly_issued_by(chain[above])


@pytest.mark.parametrize("place", LIVES)
def test_a_change_of_one_leaves_the_others_sound(root: Certified, now: float, place: str) -> None:
    def older(blueprint: Blueprint) -> Blueprint:
        return attrs.evolve(blueprint, begin=blueprint.begin - 60)

    changed = issued(root, module_id=new_module_id(), now=now, changes={place: older})
    lives = {
        each: found.not_valid_after_utc - found.not_valid_before_utc
        for each in LIVES
        for found in [getattr(changed, each).certificate]
    }
    assert lives == {**LIVES, place: LIVES[place] + timedelta(minutes=1)}
    for above, below in pairwise(PLACES):
        getattr(changed, below).certificate.verify_directly_issued_by(
            getattr(changed, above).certificate
        )


def test_no_repr_shows_a_key(root: Certified) -> None:
    secret = str(root.key.private_numbers().private_value)
    made = Blueprint(root.certificate.subject, 0, 1, key=root.key)
    assert secret not in repr(root) + repr(made)
    assert "key=" not in repr(root) + repr(made)
