"""A look at a server's certificate, over a connection that carries nothing else."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from partywire.errors import Rejected, Unreachable, outside_text
from partywire_grpc.addresses import Address
from partywire_grpc.handshake import MOST, Handshake, NoCertificate
from partywire_grpc.names import connection_to
from partywire_grpc.options import EXHAUSTED, NO_DESCRIPTORS

PATIENCE: Final = 5.0
"""Seconds that a look may take."""


class NobodyListens(Unreachable):
    """No connection is taken at the peer's address, so nobody there hears of the look."""


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def look(peer: str, address: Address) -> bytes:
    """Return the certificate, in DER, that a server shows; nothing of it is checked.

    The handshake is given up where a certificate of ours would be sent.

    Raises:
        Unreachable: nobody answers there, or not within `PATIENCE`; `NobodyListens` where no
            connection is taken.
        Rejected: what answers shows no certificate for gRPC over TLS 1.3.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            return await leaf_at(address)
    except NoCertificate as error:
        raise Rejected(peer, f"{address} {error}") from None
    except TimeoutError:
        problem = f"{address} showed no certificate within {PATIENCE:.0f} s"
        raise Unreachable(peer, problem) from None
    except socket.gaierror:
        raise Unreachable(peer, f"no address is known for {address.host}") from None
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise Unreachable(peer, NO_DESCRIPTORS) from None
        reason = os.strerror(error.errno) if error.errno else outside_text(str(error))
        kind = NobodyListens if isinstance(error, ConnectionRefusedError) else Unreachable
        raise kind(peer, f"{address} does not answer: {reason}") from None


async def leaf_at(address: Address) -> bytes:
    """Return the same; raises `NoCertificate` or `OSError`, and waits as long as it takes."""
    handshake = Handshake()
    async with connected(address) as (reader, writer):
        writer.write(handshake.advance(b""))
        while handshake.leaf is None:
            came = await reader.read(MOST)
            if not came:
                raise ConnectionAbortedError("it closed the connection during the TLS handshake")
            writer.write(handshake.advance(came))
        return handshake.leaf


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Streams]:
    """Hold a connection, which is cut at the end. Raises `OSError`."""
    reader, writer = await connection_to(address, MOST)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
