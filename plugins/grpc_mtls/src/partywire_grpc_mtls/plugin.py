"""The plugin ``transport.grpc-mtls``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.interfaces import Transport
from partywire.session.lifetimes import background
from partywire_grpc.frames import WIRE
from partywire_grpc.place import place_of
from partywire_grpc.transport import opened_transport
from partywire_grpc.wires import wires_in_words
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer
from partywire_grpc_mtls.own_check import check, remarks
from partywire_grpc_mtls.standing import Standing
from partywire_grpc_mtls.tls13 import SWITCHED_OFF

_log = logging.getLogger("partywire")

OLD_TLS: Final = (
    "gRPC was imported before partywire_grpc_mtls, so it still offers TLS 1.2, and who comes with "
    "that is refused at the first call. Import partywire_grpc_mtls first"
)


@asynccontextmanager
async def open_transport(setting: Setting) -> AsyncIterator[Transport]:
    """Open the wires over mutual TLS. Raises `ConfigInvalid` for certificates of no use."""
    if not SWITCHED_OFF:
        _log.warning(OLD_TLS)
    standing = await Standing.opened(setting)
    async with (
        opened_transport(
            place_of(setting), standing.security, setting.limits, standing.change
        ) as transport,
        background() as group,
    ):
        group.start_soon(standing.expiries.run)
        group.start_soon(standing.watch, transport)
        if setting.attester is not None:
            group.start_soon(standing.follow, setting.attester, transport)
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
            wire=WIRE,
            check=check,
            remarks=remarks,
            trusted=wires_in_words,
        )
    ]
