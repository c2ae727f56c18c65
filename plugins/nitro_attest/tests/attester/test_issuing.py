"""Certificates that carry a document: what they say, and which are never made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.making import authority
from partywire_grpc.certificates.reading import read_leaf, read_leaves, spki_of
from partywire_grpc.certificates.rules import check_leaf, is_signed_by
from partywire_nitro_attest import Refusal, Refused, Trust, judge_document
from partywire_nitro_attest.attested import PARTY
from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto, new_key
from partywire_nitro_attest.attester.issuing import Issued, issued
from partywire_nitro_attest.carriers import PLAIN, WRAPPED, carried_by
from partywire_nitro_attest.development import DevelopmentModule, in_debug_mode, measured
from partywire_nitro_attest.development.defects import DEFECTS

from .parties import (
    ALICE,
    NOW,
    ROOT,
    TRUST,
    Clock,
    Enclave,
    leaf,
    own_ca,
    party_certificate,
    pcrs_of,
)  # fmt: skip

if TYPE_CHECKING:
    from partywire_nitro_attest.attester.writing import Carrier

MODES = {
    "full-auto": own_ca(),
    "full-auto, P-256": own_ca(ec.SECP256R1()),
    "full-auto, P-384": own_ca(ec.SECP384R1()),
    "full-auto, secp256k1": own_ca(ec.SECP256K1()),
    "semi-auto": party_certificate(),
}
EACH_MODE = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


def made(enclave: Enclave) -> tuple[Issued, bytes]:
    key = new_key()
    document = enclave.module.attest(public_key=spki_of(key.public_key()))
    return issued(enclave.issuing, key, document, now=enclave.clock.now), document


@EACH_MODE
def test_it_passes_the_rules_of_certificates(mode: FullAuto | SemiAuto) -> None:
    shown = made(Enclave(mode))[0]
    found = read_leaf(shown.certificate.public_bytes(Encoding.DER), ALICE)
    check_leaf(found, ALICE, frozenset({ALICE, "bob.example"}))
    assert found.common_names == (ALICE,)
    assert found.dns_names == (ALICE, f"*.{ALICE}")
    assert found.key_usages == frozenset({"digital_signature", "key_encipherment", "key_agreement"})
    assert not found.is_ca
    critical = {each.oid._name for each in shown.certificate.extensions if each.critical}
    assert critical == {"basicConstraints", "keyUsage"}
    assert isinstance(shown.key.curve, ec.SECP256R1)


@EACH_MODE
def test_it_is_signed_by_who_vouches(mode: FullAuto | SemiAuto) -> None:
    shown = made(Enclave(mode))[0].certificate
    found = read_leaf(shown.public_bytes(Encoding.DER), ALICE)
    assert is_signed_by(found, mode.certificate if isinstance(mode, FullAuto) else found)
    on_p384 = isinstance(mode, FullAuto) and isinstance(mode.key.curve, ec.SECP384R1)
    assert isinstance(shown.signature_hash_algorithm, SHA384 if on_p384 else SHA256)


@EACH_MODE
def test_it_names_its_key_and_that_of_its_issuer(mode: FullAuto | SemiAuto) -> None:
    shown = made(Enclave(mode))[0].certificate
    own = shown.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer = shown.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert own.digest == x509.SubjectKeyIdentifier.from_public_key(shown.public_key()).digest
    signer = mode.key.public_key() if isinstance(mode, FullAuto) else shown.public_key()
    expected = x509.SubjectKeyIdentifier.from_public_key(signer).digest
    assert issuer.key_identifier == expected
    assert (own.digest == issuer.key_identifier) is isinstance(mode, SemiAuto)


def test_the_issuer_is_named_as_it_names_itself() -> None:
    """A CA may call its key by another digest, and OpenSSL would not find it otherwise."""
    ca = authority(ALICE, now=NOW)
    assert isinstance(ca.key, ec.EllipticCurvePrivateKey)
    identifier = x509.SubjectKeyIdentifier(b"a name of its own")
    builder = x509.CertificateBuilder(
        ca.certificate.issuer,
        ca.certificate.subject,
        ca.key.public_key(),
        7,
        ca.certificate.not_valid_before_utc,
        ca.certificate.not_valid_after_utc,
    )
    builder = builder.add_extension(identifier, critical=False)
    odd = FullAuto(leaf(builder.sign(ca.key, SHA256())), ca.key)
    shown = made(Enclave(odd))[0].certificate
    issuer = shown.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert issuer.key_identifier == identifier.digest


@EACH_MODE
@pytest.mark.parametrize(("carrier", "extension"), [("reference", PLAIN), ("standard", WRAPPED)])
def test_it_carries_the_document_of_its_key(
    mode: FullAuto | SemiAuto, carrier: Carrier, extension: x509.ObjectIdentifier
) -> None:
    shown, document = made(Enclave(mode, carrier))
    carried = carried_by(shown.certificate)
    assert (carried.document, carried.extension) == (document, extension)
    judged = judge_document(document, now=NOW, trust=TRUST)
    assert judged.document.public_key == shown.certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def test_the_reference_carrier_is_the_raw_document() -> None:
    shown, document = made(Enclave(own_ca()))
    extension = shown.certificate.extensions.get_extension_for_oid(PLAIN)
    assert extension.value.public_bytes() == document
    assert not extension.critical


def test_the_standard_carrier_is_a_record_in_an_octet_string() -> None:
    """By hand: an OCTET STRING of DER, and in it an array of text, bytes and the number 4."""
    shown, document = made(Enclave(own_ca(), "standard"))
    value = shown.certificate.extensions.get_extension_for_oid(WRAPPED).value.public_bytes()
    media = b"application/aws-nitro-document"
    record = b"\x83\x78" + bytes([len(media)]) + media
    record += b"\x59" + len(document).to_bytes(2) + document + b"\x04"
    assert value == b"\x04\x82" + len(record).to_bytes(2) + record


def test_only_semi_auto_names_the_party_certificate() -> None:
    mode = party_certificate()
    shown = made(Enclave(mode))[0].certificate
    extension = shown.extensions.get_extension_for_oid(PARTY)
    assert extension.value.public_bytes() == mode.certificate.der
    assert not extension.critical
    with pytest.raises(x509.ExtensionNotFound):
        made(Enclave(own_ca()))[0].certificate.extensions.get_extension_for_oid(PARTY)


@EACH_MODE
def test_it_ends_with_the_signing_leaf_of_its_document(mode: FullAuto | SemiAuto) -> None:
    enclave = Enclave(mode)
    enclave.clock.now += 3600.25
    shown, document = made(enclave)
    judged = judge_document(document, now=enclave.clock.now, trust=TRUST)
    end = shown.certificate.not_valid_after_utc.timestamp()
    assert end == shown.end == judged.valid_until == int(NOW + 3 * 3600)
    begin = shown.certificate.not_valid_before_utc.timestamp()
    assert max(mode.certificate.not_before, NOW - 1) <= begin <= NOW + 1
    assert shown.renewable == pytest.approx(end - 15 * 60, abs=1)
    assert shown.pace == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("mode", [own_ca(lifetime=600), party_certificate(lifetime=600)])
def test_it_does_not_outlive_who_vouches(mode: FullAuto | SemiAuto) -> None:
    shown = made(Enclave(mode))[0]
    assert shown.certificate.not_valid_after_utc.timestamp() == mode.certificate.not_after
    assert shown.end == mode.certificate.not_after
    enclave = Enclave(mode, clock=Clock(NOW + 600))
    with pytest.raises(EvidenceInvalid, match=r"certificate.* expired at 2026-06-30 00:43:40"):
        made(enclave)


@pytest.mark.parametrize(
    "name",
    [
        "a byte short",
        "algorithm ES256",
        "module_id missing",
        "four hours old",
        "an hour ahead",
        "a zone expired",
        "another root",
        "a bit of the payload flipped",
        "a NitroTPM",
        "debug mode",
    ],
)
def test_no_defect_is_shown_to_peers(name: str) -> None:
    """Of its own module, either."""
    enclave = Enclave(own_ca())
    key = new_key()
    document = DEFECTS[name](enclave.module.making(public_key=spki_of(key.public_key())))
    with pytest.raises(Refused) as raised:
        issued(enclave.issuing, key, document, now=NOW)
    assert raised.value.expected == ALICE


def test_a_document_of_another_key_is_not_shown() -> None:
    enclave = Enclave(own_ca())
    for carried, expected in (
        (None, Refusal.KEY_ABSENT),
        (spki_of(new_key().public_key()), Refusal.KEY_OTHER),
    ):
        with pytest.raises(Refused) as raised:
            issued(enclave.issuing, new_key(), enclave.module.attest(public_key=carried), now=NOW)
        assert raised.value.refusal is expected


def test_a_document_in_debug_mode_is_not_shown_unless_that_is_allowed() -> None:
    module = DevelopmentModule(ROOT, pcrs=in_debug_mode(), clock=Clock())
    key, issuing = new_key(), Enclave(own_ca()).issuing
    document = module.attest(public_key=spki_of(key.public_key()))
    with pytest.raises(Refused, match=rf"of {ALICE} refused \(debug\).*without --debug-mode"):
        issued(issuing, key, document, now=NOW)
    allowing = attrs.evolve(issuing, trust=attrs.evolve(TRUST, allow_debug=True))
    assert issued(allowing, key, document, now=NOW).judged.document.debug


def test_a_document_under_another_root_is_not_shown() -> None:
    enclave, key = Enclave(own_ca()), new_key()
    document = enclave.module.attest(public_key=spki_of(key.public_key()))
    with pytest.raises(Refused, match="chain-root"):
        issued(attrs.evolve(enclave.issuing, trust=Trust()), key, document, now=NOW)


@pytest.mark.parametrize(
    ("pcrs", "said"),
    [
        (measured("an image"), "was not signed: PCR8 is 000"),
        (pcrs_of(party_certificate()), "was signed with another certificate: PCR8 is"),
    ],
    ids=["unsigned", "another"],
)
def test_semi_auto_needs_the_image_to_be_signed(pcrs: dict[int, bytes], said: str) -> None:
    mode, key = party_certificate(), new_key()
    document = DevelopmentModule(ROOT, pcrs=pcrs, clock=Clock()).attest(
        public_key=spki_of(key.public_key())
    )
    with pytest.raises(EvidenceInvalid, match=said) as raised:
        issued(Enclave(mode).issuing, key, document, now=NOW)
    assert mode.certificate.sha256 in str(raised.value)


def test_its_credentials_are_the_certificate_and_its_key_and_no_repr_shows_that() -> None:
    shown = made(Enclave(own_ca()))[0]
    credentials = shown.credentials
    [found] = read_leaves(credentials.certificates, ALICE)
    key = load_pem_private_key(credentials.private_key, None)
    assert key.public_key() == found.parsed.public_key()
    assert found.sha256 == shown.digest.hex()
    assert "private" not in repr(shown).lower()
