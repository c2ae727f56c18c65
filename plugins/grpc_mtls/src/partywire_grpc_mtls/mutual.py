"""Mutual TLS: whoever is there is judged by its certificate, and pinned to it."""

import asyncio
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import attrs
import grpc

from partywire.errors import EvidenceInvalid, Rejected, Unreachable, outside_text
from partywire.identity import Credentials, Evidence
from partywire_grpc.addresses import Address
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.naming import claimed_name
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc.looking import look
from partywire_grpc.security import Approach, OtherEnd, Security
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.own import Own
from partywire_grpc_mtls.publishing import Publisher, Served
from partywire_grpc_mtls.roots import Roots, pem, stands_alone

TLS: Final = (b"TLSv1.3",)
FRESH: Final = (b"false",)
EXPIRED: Final = "this node's own certificate has expired, so it calls nobody"

_TRIALS: Final = ThreadPoolExecutor(1, "partywire-trial")
"""Beside the threads that resolve names, which peers can keep busy."""


class MutualTls(Security):
    """One node's certificate, and the certificates of those it has judged.

    gRPC lets a server say only by which roots a handshake may end, and shows a client nothing. So a
    server is looked at and judged before it is called, with its certificate as the only root. A
    caller's handshake ends in any root, and then its whole certificate is judged: a certificate
    among the roots can sign others.
    """

    silence = "it may not know our certificate yet, or refuse it"

    def __init__(
        self,
        party: str,
        first: Served,
        expiries: Expiries,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Have the handshakes of a party, on all its servers, go by that first.

        ``wall`` returns seconds since 1970.
        """
        self._wall = wall
        self._party = party
        self._served = first
        self._expiries = expiries
        self._renewals = 0
        self._publishers: dict[Address, Publisher] = {}

    def server_credentials(
        self, address: Address, knocked: Callable[[], None]
    ) -> grpc.ServerCredentials:
        """Return credentials that handshakes go by as `tend` changes them."""
        publisher = Publisher(self._party, address, self._served)
        self._publishers[address] = publisher
        return publisher.credentials(knocked)

    async def tend(self, address: Address, renewed: Callable[[], None]) -> None:
        """Have the server take over what changes."""
        await self._publishers[address].run(renewed)

    def caller(self, other: OtherEnd) -> Evidence:
        """Return the certificate that a caller has shown.

        Raises `EvidenceInvalid` where it was not shown in this connection, or not over TLS 1.3; and
        where our own certificate has expired.
        """
        leaf = _leaf(other.proved.get("x509_pem_cert", ()))
        name = claimed_name(leaf)
        if other.proved.get("ssl_tls_version") != TLS:
            raise EvidenceInvalid(outside_text(name), "the handshake was not of TLS 1.3")
        if other.proved.get("ssl_session_reused") != FRESH:
            problem = "the TLS session was resumed, so nothing was proved"
            raise EvidenceInvalid(outside_text(name), problem)
        own = self._shown_at(other.here)
        if own.has_ended(self._wall()):
            raise EvidenceInvalid(outside_text(name), "our own certificate has expired")
        return TlsEvidence(claimed=name, source=other.source, leaf=leaf, own=own.digest)

    def successor(self, party: str, source: str, certificate: bytes) -> Evidence:
        """Return it as if the party had shown it."""
        return TlsEvidence(claimed=party, source=source, leaf=certificate)

    async def look(self, peer: str, address: Address) -> Approach:
        """Look at a server's certificate, and prepare a call to nobody else.

        Raises `TransportError`, also where there is no certificate of ours to call it by.
        """
        leaf, own = await look(peer, address), self._served.own
        if own.has_ended(self._wall()):
            raise Unreachable(peer, EXPIRED)
        return Approach(
            evidence=TlsEvidence(claimed=peer, source=str(address), leaf=leaf, own=own.digest),
            credentials=grpc.ssl_channel_credentials(
                root_certificates=pem(leaf),
                private_key=own.credentials.private_key,
                certificate_chain=own.credentials.certificates,
            ),
            options=(("grpc.ssl_target_name_override", peer),),
        )

    def called(self, other: OtherEnd) -> Evidence:
        """Refuse: a server is looked at before it is called."""
        raise EvidenceInvalid(other.party, "was called without a look at its certificate")

    async def admit(self, party: str, evidence: Evidence) -> bool:
        """Let a certificate that was judged end each handshake that begins after the return.

        That holds for all servers, and may take as long as `Publisher.settled` does. A cancelled
        call may have admitted it.

        Raises `Rejected` where gRPC takes it for no certificate, and where it was judged before a
        `renew`; `Unreachable` where that cannot be tried now.
        """
        if not isinstance(evidence, TlsEvidence):
            raise Rejected(party, "showed no certificate")
        shown = read_leaf(evidence.leaf, party)
        self._expiries.note(party, shown)
        new = not self._served.roots.covers(party, shown)
        if new:
            await self._join(party, pem(evidence.leaf))
        await asyncio.gather(*(each.settled() for each in self._publishers.values()))
        return new

    async def _join(self, party: str, leaf: bytes) -> None:
        renewals = self._renewals
        await _try(party, leaf, self._served.own.credentials)
        if renewals != self._renewals:
            raise Rejected(party, "its certificate was judged by a config that has changed since")
        self._offer(attrs.evolve(self._served, roots=self._served.roots.admitted(party, leaf)))

    def show(self, own: Own) -> None:
        """Show another certificate: in calls at once, and as a server soon."""
        self._offer(attrs.evolve(self._served, own=own))

    def admit_only(self, roots: Roots) -> None:
        """Let handshakes end in these roots alone, soon.

        Until the server does, whoever was withdrawn can end one, and is refused at the call.
        """
        self._renewals += 1
        self._offer(attrs.evolve(self._served, roots=roots))

    def _shown_at(self, here: Address | None) -> Own:
        publisher = None if here is None else self._publishers.get(here)
        return self._served.own if publisher is None else publisher.shown

    def _offer(self, served: Served) -> None:
        self._served = served
        for publisher in self._publishers.values():
            publisher.offer(served)


async def _try(party: str, leaf: bytes, own: Credentials) -> None:
    """Raise `Rejected` where gRPC does not take it, `Unreachable` where that cannot be tried."""
    trial = partial(stands_alone, leaf, own)
    try:
        fit = await asyncio.get_running_loop().run_in_executor(_TRIALS, trial)
    except OSError as error:
        raise Unreachable(party, f"its certificate cannot be tried: {error.strerror}") from error
    if not fit:
        raise Rejected(party, "its certificate is none that gRPC takes")


def _leaf(shown: tuple[bytes, ...]) -> bytes:
    """Return in DER the one certificate of a handshake; nothing where there is not one."""
    if len(shown) != 1:
        return b""
    try:
        return ssl.PEM_cert_to_DER_cert(shown[0].decode("ascii"))
    except ValueError:
        return b""
