"""Certificates that are made here, read back by the library and taken by gRPC."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import Any, Protocol

import anyio
import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from partywire_grpc.certificates.making import DAY, YEAR, Made, authority, issued, self_signed
from tests.loops import BACKENDS

NOW = 1_800_000_000.0


def self_made(party: str, now: float = NOW) -> Made:
    return self_signed(party, now=now)


def by_own_authority(party: str, now: float = NOW) -> Made:
    return issued(party, authority("alice", now=now), now=now)


class Making(Protocol):
    def __call__(self, party: str, now: float = NOW) -> Made: ...


LEAVES = pytest.mark.parametrize("make", [self_made, by_own_authority])


def names(name: x509.Name) -> list[str]:
    assert all(attribute.oid == NameOID.COMMON_NAME for attribute in name)
    return [str(attribute.value) for attribute in name]


def usages(certificate: x509.Certificate) -> set[str]:
    stated = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert stated.critical
    return {
        name
        for name in ("digital_signature", "key_cert_sign", "crl_sign", "key_agreement")
        if getattr(stated.value, name)
    }


def constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    stated = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert stated.critical
    return stated.value


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@LEAVES
def test_a_leaf_says_who_it_is_and_can_sign_no_other(make: Making) -> None:
    made = x509.load_pem_x509_certificate(make("alice").certificate_pem)
    alternatives = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    extended = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert made.version is x509.Version.v3
    assert names(made.subject) == names(made.issuer) == ["alice"]
    assert list(alternatives) == [x509.DNSName("alice")]
    assert set(extended) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
    assert not constraints(made).ca
    assert usages(made) == {"digital_signature"}
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)


def test_it_is_signed_by_itself_or_by_the_authority() -> None:
    alone, above = self_made("alice"), authority("alice", now=NOW)
    below = issued("alice", above, now=NOW)
    alone.certificate.verify_directly_issued_by(alone.certificate)
    above.certificate.verify_directly_issued_by(above.certificate)
    below.certificate.verify_directly_issued_by(above.certificate)
    with pytest.raises(InvalidSignature):
        below.certificate.verify_directly_issued_by(below.certificate)


def test_an_authority_signs_leaves_and_nothing_else() -> None:
    made = authority("alice", now=NOW).certificate
    assert names(made.subject) == names(made.issuer) == ["alice"]
    assert constraints(made) == x509.BasicConstraints(ca=True, path_length=0)
    assert usages(made) == {"key_cert_sign"}
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_an_authority_issues_to_a_replica() -> None:
    made = by_own_authority("east.alice").certificate
    assert (names(made.subject), names(made.issuer)) == (["east.alice"], ["alice"])


@pytest.mark.parametrize("party", ["bob", "a.b.alice", "xalice", "alice.bob", "east.bob"])
def test_an_authority_issues_to_nobody_else(party: str) -> None:
    with pytest.raises(ValueError, match=f"the CA of alice issues .* not to {party}"):
        by_own_authority(party)


@pytest.mark.parametrize("party", ["Alice", "", "10.0.0.7", "a b", "alice\n", "*.alice"])
def test_nobody_else_than_a_party_gets_one(party: str) -> None:
    for make in (self_made, lambda party: authority(party, now=NOW)):
        with pytest.raises(ValueError, match="is no party id"):
            make(party)


def test_the_longest_party_id_fits() -> None:
    party = f"{'a' * 31}.{'b' * 32}"
    assert names(self_made(party).certificate.subject) == [party]


def test_it_begins_an_hour_back_and_lasts_as_long_as_asked() -> None:
    made = self_signed("alice", now=NOW, lifetime=3 * DAY).certificate
    assert made.not_valid_before_utc == moment(NOW - 3600)
    assert made.not_valid_after_utc == moment(NOW + 3 * DAY)
    assert self_made("alice").certificate.not_valid_after_utc == moment(NOW + YEAR)


def test_it_carries_further_extensions_that_are_not_critical() -> None:
    carried = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"evidence")
    made = self_signed("alice", now=NOW, carrying=[carried]).certificate
    found = made.extensions.get_extension_for_oid(carried.oid)
    assert (found.value, found.critical) == (carried, False)
    assert len(made.extensions) == len(self_made("alice").certificate.extensions) + 1


def test_no_two_are_alike() -> None:
    made = [self_made("alice") for _ in range(3)]
    assert len({each.certificate.serial_number for each in made}) == 3
    assert len({each.key_pem for each in made}) == 3


def test_the_key_belongs_to_it_and_stays_out_of_the_repr() -> None:
    made = self_made("alice")
    key = load_pem_private_key(made.key_pem, None)
    assert key.public_key() == made.certificate.public_key()
    assert "PrivateKey" not in repr(made)


@pytest.mark.parametrize("anyio_backend", [BACKENDS["asyncio"]])  # grpc.aio has no other
@LEAVES
async def test_grpc_takes_it_pinned_at_both_ends(make: Making) -> None:
    made = make("alice", time())
    pair, pinned = (made.key_pem, made.certificate_pem), made.certificate_pem

    async def shown(_: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return b"".join(context.auth_context()["x509_pem_cert"])

    server = grpc.aio.server()
    methods: dict[str, Any] = {"Shown": grpc.unary_unary_rpc_method_handler(shown)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("t", methods)])
    port = server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([pair], pinned, require_client_auth=True)
    )
    await server.start()
    credentials = grpc.ssl_channel_credentials(pinned, *pair)
    options = [("grpc.ssl_target_name_override", "alice")]
    with anyio.fail_after(20):
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
            call: Any = channel.unary_unary("/t/Shown")
            assert await call(b"") == pinned
        await server.stop(None)
