"""The plugin ``transport.grpc-mtls``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio.to_thread

from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.interfaces import Transport
from partywire.session.lifetimes import background
from partywire_grpc.addresses import parse_address
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc.transport import Place, opened_transport
from partywire_grpc_mtls.checking import check_own, remarks
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.own import first_roots, load_own
from partywire_grpc_mtls.tls13 import SWITCHED_OFF

_log = logging.getLogger("partywire")

OLD_TLS: Final = (
    "gRPC was imported before partywire_grpc_mtls, so it still offers TLS 1.2, and who comes with "
    "that is refused at the first call. Import partywire_grpc_mtls first"
)


@asynccontextmanager
async def open_transport(setting: Setting) -> AsyncIterator[Transport]:
    """Open the fast wire over mutual TLS. Raises `ConfigInvalid` for certificates of no use."""
    if not SWITCHED_OFF:
        _log.info(OLD_TLS)
    config: MtlsConfig = setting.config
    place = Place(
        party=setting.party,
        listen=parse_address(config.listen),
        peers={party: parse_address(peer.address) for party, peer in setting.peers.items()},
    )
    own = await anyio.to_thread.run_sync(load_own, setting)
    roots = await anyio.to_thread.run_sync(first_roots, setting, own)
    expiries = Expiries()
    expiries.note(setting.party, *read_leaves(own.certificates, setting.party))
    security = MutualTls(own, roots, expiries)
    async with background() as group:
        group.start_soon(expiries.run)
        async with opened_transport(place, security, setting.limits) as transport:
            yield transport


@hookimpl
def register_transports() -> list[TransportDescriptor]:
    """Return the transport, whose peers are judged by their certificates."""
    return [
        TransportDescriptor(
            name="grpc-mtls",
            open=open_transport,
            config=MtlsConfig,
            peer=MtlsPeer,
            check=check_own,
            remarks=remarks,
        )
    ]
