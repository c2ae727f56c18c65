"""The plugin ``transport.grpc-mtls``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio.to_thread
import attrs

from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.interfaces import Transport
from partywire.session.lifetimes import background
from partywire.setting import refuse_changes
from partywire_grpc.frames import WIRE
from partywire_grpc.place import Move, Place, place_of
from partywire_grpc.transport import opened_transport
from partywire_grpc.wires import refuse_other_wires
from partywire_grpc_mtls.checking import check, remarks
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.own import Own, first_roots, load_own
from partywire_grpc_mtls.publishing import Served
from partywire_grpc_mtls.roots import Roots
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
        _log.warning(OLD_TLS)
    own, roots = await anyio.to_thread.run_sync(_certificates, setting)
    expiries = Expiries()
    expiries.note(setting.party, own.leaf)
    security = MutualTls(setting.party, Served(own.credentials, roots), expiries)
    async with background() as group:
        group.start_soon(expiries.run)
        change = partial(_change, security, expiries)
        place = _place(setting, own)
        async with opened_transport(place, security, setting.limits, change) as transport:
            yield transport


async def _change(
    security: MutualTls, expiries: Expiries, setting: Setting, former: Setting
) -> Move:
    """Take other peers, addresses and certificates; all files are read anew."""
    refuse_changes(setting, former, but=("peer", "certificate", "private_key"))
    refuse_other_wires(setting, former)
    own, roots = await anyio.to_thread.run_sync(_certificates, setting)

    def renew() -> None:
        security.renew(own.credentials, roots)
        expiries.keep({setting.party, *setting.peers})
        expiries.note(setting.party, own.leaf)

    return Move(_place(setting, own), renew)


def _place(setting: Setting, own: Own) -> Place:
    return attrs.evolve(place_of(setting), certificate=own.leaf.der)


def _certificates(setting: Setting) -> tuple[Own, Roots]:
    own = load_own(setting)
    return own, first_roots(setting, own.credentials)


@hookimpl
def register_transports() -> list[TransportDescriptor]:
    """Return the transport, whose peers are judged by their certificates."""
    return [
        TransportDescriptor(
            name="grpc-mtls",
            open=open_transport,
            config=MtlsConfig,
            peer=MtlsPeer,
            wire=WIRE,
            check=check,
            remarks=remarks,
        )
    ]
