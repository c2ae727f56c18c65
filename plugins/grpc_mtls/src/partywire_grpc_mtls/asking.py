"""Connections of the probe to a server, each for one question; on gRPC's event loop."""

import asyncio
from pathlib import Path
from typing import Final

from partywire_grpc.addresses import Address
from partywire_grpc.looking import connected
from partywire_grpc_mtls.entry import Entry, Refused
from partywire_grpc_mtls.groups import MOST, client_hello, group_of, is_whole

PATIENCE: Final = 5.0
"""Seconds that a question may take."""
TRIES: Final = 3
"""How often a server is asked whether it takes our certificate."""
PAUSE: Final = 1.2
"""Seconds between two of these: a server that is knocked at looks who it was once a second."""


async def group_at(address: Address) -> str | None:
    """Return the key exchange group that a server asks for; None where that cannot be learned."""
    try:
        async with asyncio.timeout(PATIENCE), connected(address) as (reader, writer):
            writer.write(client_hello())
            answer = b""
            while not is_whole(answer):
                came = await reader.read(MOST)
                if not came:
                    return None
                answer += came
            return group_of(answer)
    except OSError:
        return None


async def entered(
    address: Address, leaf: bytes, certificate: Path, private_key: Path
) -> str | None:
    """Return why a server that shows ``leaf`` does not take our certificate; None where it does.

    The files are ours. It is asked up to `TRIES` times, as it may look at our node in between.
    """
    for left in reversed(range(TRIES)):
        entry = await asyncio.to_thread(Entry, leaf, certificate, private_key)
        try:
            async with asyncio.timeout(PATIENCE):
                await _enter(address, entry)
            return None
        except Refused as refused:
            problem = str(refused)
        except TimeoutError:
            problem = f"it said nothing within {PATIENCE:.0f} s"
        except OSError:
            problem = "it closed the connection"
        if left:
            await asyncio.sleep(PAUSE)
    return problem


async def _enter(address: Address, entry: Entry) -> None:
    async with connected(address) as (reader, writer):
        writer.write(entry.advance(b""))
        while not entry.taken:
            came = await reader.read(MOST)
            if not came:
                raise Refused("it closed the connection")
            writer.write(entry.advance(came))
