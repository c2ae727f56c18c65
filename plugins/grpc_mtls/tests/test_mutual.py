"""What a handshake of the server proves of a caller, and what is said of who proves nothing."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import EvidenceInvalid, Rejected, Unreachable
from partywire.identity import Credentials
from partywire_grpc.addresses import Address
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.making import self_signed
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc.security import OtherEnd
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import FRESH, TLS, MutualTls
from partywire_grpc_mtls.own import Own
from partywire_grpc_mtls.publishing import Served
from partywire_grpc_mtls.roots import Roots
from tests.certificates.building import make

if TYPE_CHECKING:
    from collections.abc import Callable

FORGED = "bob\nrefused nobody\x1b[2J"


def fresh(lifetime: float = 60.0) -> Own:
    made = self_signed("alice", now=time.time(), lifetime=lifetime)
    (leaf,) = read_leaves(made.certificate_pem, "alice")
    return Own(Credentials(made.certificate_pem, made.key_pem), leaf)


def mutual(own: Own, wall: Callable[[], float] = time.time) -> MutualTls:
    """Of a node that does not listen yet."""
    return MutualTls("alice", Served(own, Roots(own.credentials.certificates)), Expiries(), wall)


@pytest.mark.parametrize(
    ("version", "reused", "problem"),
    [
        (b"TLSv1.2", FRESH, "not of TLS 1.3"),
        (*TLS, (b"true",), "was resumed"),
        (*TLS, (), "was resumed"),
    ],
)
def test_a_name_from_outside_is_escaped_where_the_handshake_is_refused(
    version: bytes, reused: tuple[bytes, ...], problem: str
) -> None:
    leaf = make(FORGED, now=time.time()).pem
    security = mutual(fresh())
    proved = {
        "x509_pem_cert": (leaf,),
        "ssl_tls_version": (version,),
        "ssl_session_reused": reused,
    }
    with pytest.raises(EvidenceInvalid, match=problem) as caught:
        security.caller(OtherEnd("", "ipv4:192.0.2.1:7000", proved))
    assert str(caught.value).isprintable()
    assert r"bob\nrefused nobody" in str(caught.value)


def test_what_was_judged_before_a_reload_does_not_join_the_roots_after_it() -> None:
    own, bob = fresh(), make("bob", now=time.time())
    security = mutual(own)

    async def admitted_across_a_reload() -> None:
        evidence = TlsEvidence(claimed="bob", source="a test", leaf=bob.der)
        admission = asyncio.create_task(security.admit("bob", evidence))
        await asyncio.sleep(0)
        security.admit_only(Roots(own.credentials.certificates))
        with pytest.raises(Rejected, match="judged by a config that has changed since"):
            await admission
        assert await security.admit("bob", evidence)

    asyncio.run(admitted_across_a_reload())


def test_an_own_certificate_that_has_expired_is_shown_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, bob = fresh(60.0), make("bob", now=time.time())
    now = own.leaf.not_after - 1

    async def looked(_peer: str, _address: Address) -> bytes:
        await anyio.lowlevel.checkpoint()
        return bob.der

    monkeypatch.setattr("partywire_grpc_mtls.mutual.look", looked)
    security = mutual(own, lambda: now)
    proved = {
        "x509_pem_cert": (bob.pem,),
        "ssl_tls_version": TLS,
        "ssl_session_reused": FRESH,
    }
    caller, address = OtherEnd("", "ipv4:192.0.2.1:7000", proved), Address("192.0.2.2", 7000)
    seen = security.caller(caller)
    shown = asyncio.run(security.look("bob", address)).evidence
    assert shown is not None
    assert seen.own == shown.own == own.digest
    assert seen.digest == shown.digest == sha256(bob.der).digest()
    now = own.leaf.not_after
    with pytest.raises(EvidenceInvalid, match="our own certificate has expired"):
        security.caller(caller)
    with pytest.raises(Unreachable, match="own certificate has expired"):
        asyncio.run(security.look("bob", address))
