"""The plugin ``transport.grpc-insecure``."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import grpc

from partywire.errors import EvidenceInvalid
from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.identity import Evidence
from partywire.interfaces import Transport
from partywire.setting import refuse_changes
from partywire_grpc.addresses import Address
from partywire_grpc.frames import WIRE
from partywire_grpc.place import Move, place_of
from partywire_grpc.security import Approach, OtherEnd, Security
from partywire_grpc.transport import opened_transport
from partywire_grpc.wires import refuse_other_wires, wires_in_words
from partywire_grpc_insecure.config import InsecureConfig, InsecurePeer, check_peers

_log = logging.getLogger("partywire")

WARNING: Final = (
    "INSECURE: %s runs without TLS, by allow_insecure = true. Nothing proves who its peers are, "
    "and everything that they send can be read and forged. Never use this with real secrets"
)


class NoSecurity(Security):
    """Plain text. The evidence of a party is its own word."""

    silence = "it may want TLS, as the transport grpc-mtls does"
    proves = False

    def server_credentials(
        self, address: Address, knocked: Callable[[], None]
    ) -> grpc.ServerCredentials | None:
        """Return None: there are none."""
        return None

    async def tend(self, address: Address, renewed: Callable[[], None]) -> None:
        """Do nothing."""

    def caller(self, other: OtherEnd) -> Evidence:
        """Return what the caller claims."""
        return Evidence(other.party, other.source)

    def successor(self, party: str, source: str, certificate: bytes) -> Evidence:
        """Refuse: a certificate is nothing here."""
        raise EvidenceInvalid(party, "nothing is proved without TLS, by no certificate either")

    async def look(self, peer: str, address: Address) -> Approach:
        """Return nothing seen: the call itself brings the claim."""
        return Approach()

    async def admit(self, party: str, evidence: Evidence) -> bool:
        """Return False: whoever comes may call."""
        return False

    def called(self, other: OtherEnd) -> Evidence:
        """Return what the server claims."""
        return Evidence(other.party, other.source)


@asynccontextmanager
async def open_transport(setting: Setting) -> AsyncIterator[Transport]:
    """Open the wires without TLS, and say so."""
    place = place_of(setting)
    _log.warning(WARNING, setting.party)
    async with opened_transport(place, NoSecurity(), setting.limits, change) as transport:
        yield transport


async def change(setting: Setting, former: Setting) -> Move:
    """Take other addresses; this node goes on listening where it does."""
    refuse_changes(setting, former, but=("peer", "allow_insecure_beyond_loopback"))
    refuse_other_wires(setting, former)
    return Move(place_of(setting))


def trusted(setting: Setting) -> list[str]:
    """Return that nobody is proved, and how far that goes; see `hookspecs.Trusted`."""
    beyond = "true" if setting.config.allow_insecure_beyond_loopback else "false"
    return [
        "allow_insecure true",
        f"allow_insecure_beyond_loopback {beyond}",
        *wires_in_words(setting),
    ]


@hookimpl
def register_transports() -> list[TransportDescriptor]:
    """Return the transport, over which nothing is proved."""
    return [
        TransportDescriptor(
            name="grpc-insecure",
            open=open_transport,
            config=InsecureConfig,
            peer=InsecurePeer,
            insecure=True,
            wire=WIRE,
            check=check_peers,
            trusted=trusted,
        )
    ]
