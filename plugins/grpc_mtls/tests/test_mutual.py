"""What a handshake of the server proves of a caller, and what is said of who proves nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from partywire.errors import EvidenceInvalid, Rejected
from partywire.identity import Credentials
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.making import self_signed
from partywire_grpc.security import OtherEnd
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import FRESH, TLS, MutualTls
from partywire_grpc_mtls.publishing import Served
from partywire_grpc_mtls.roots import Roots
from tests.certificates.building import make

FORGED = "bob\nrefused nobody\x1b[2J"


def credentials() -> Credentials:
    made = self_signed("alice", now=time.time())
    return Credentials(made.certificate_pem, made.key_pem)


def mutual(own: Credentials) -> MutualTls:
    """Of a node that does not listen yet."""
    return MutualTls("alice", Served(own, Roots(own.certificates)), Expiries())


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
    own = credentials()
    security = mutual(own)
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
    own, bob = credentials(), make("bob", now=time.time())
    security = mutual(own)

    async def admitted_across_a_reload() -> None:
        evidence = TlsEvidence(claimed="bob", source="a test", leaf=bob.der)
        admission = asyncio.create_task(security.admit("bob", evidence))
        await asyncio.sleep(0)
        security.renew(own, Roots(own.certificates))
        with pytest.raises(Rejected, match="judged by a config that has changed since"):
            await admission
        assert await security.admit("bob", evidence)

    asyncio.run(admitted_across_a_reload())
