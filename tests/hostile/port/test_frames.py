"""Raw bytes at the port: garbage, truncations, lies about sizes."""

from __future__ import annotations

import random

from partywire.delivery.limits import GIB, MIB
from tests.hostile.port import http2
from tests.hostile.port.http2 import Raider, data, frame, message, raider
from tests.hostile.port.siege import repelled, siege

TRIES = 40
INVALID_ARGUMENT, EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAUTHENTICATED = 3, 8, 12, 13, 16


def garbage(chance: random.Random) -> bytes:
    """Bytes that look more or less like the beginning of a connection."""
    noise = chance.randbytes(chance.randrange(1, 2_000))
    begin = http2.PREFACE + frame(http2.SETTINGS)
    known = http2.call("mallory")
    odd = frame(chance.randrange(11), chance.randrange(256), chance.randrange(4), noise)
    lying = (1 << 23).to_bytes(3, "big") + noise
    whole = begin + known + data(message(noise))
    return chance.choice(
        [
            noise,
            http2.PREFACE + noise,
            begin + odd,
            begin + known + odd,
            begin + lying,
            whole,
            whole[: chance.randrange(len(whole))],
        ]
    )


async def test_garbage_and_truncations_end_their_connection_alone(
    anyio_backend_name: str, seed: int
) -> None:
    chance = random.Random(seed)
    async with siege(anyio_backend_name) as there:
        for _ in range(TRIES):
            async with raider(there.port) as mallory:
                assert await mallory.send(garbage(chance))
            await there.goes_on(1)


async def oversized(mallory: Raider) -> None:
    await mallory.opens()
    await mallory.send(data(message(b"", announced=2 * GIB)))


async def above_the_limit(mallory: Raider) -> None:
    await mallory.opens()
    await mallory.send(data(message(b"", announced=4 * MIB + 1)))


async def compressed(mallory: Raider) -> None:
    await mallory.opens(grpc_encoding="gzip")
    await mallory.send(data(message(b"\x1f\x8b" + bytes(100), compressed=1)))


async def no_protobuf(mallory: Raider) -> None:
    await mallory.opens()
    await mallory.send(data(message(b"\xff" * 100)))


async def empty(mallory: Raider) -> None:
    await mallory.opens()
    await mallory.send(data(message(b"")))


async def another_service(mallory: Raider) -> None:
    await mallory.opens(path="/ddec_networking.gnetworking/SendValue")


async def another_method(mallory: Raider) -> None:
    await mallory.opens(path=http2.PATH + "ed")


async def stranger(mallory: Raider) -> None:
    await mallory.opens(party="nobody")


async def nameless(mallory: Raider) -> None:
    await mallory.opens(party="")


async def test_what_is_wrong_is_refused_by_its_code(anyio_backend_name: str) -> None:
    await repelled(
        anyio_backend_name,
        [
            (oversized, {EXHAUSTED}),
            (above_the_limit, {EXHAUSTED}),
            (compressed, {UNIMPLEMENTED, INTERNAL}),
            (no_protobuf, {INVALID_ARGUMENT}),
            (empty, {INVALID_ARGUMENT}),
            (another_service, {UNIMPLEMENTED}),
            (another_method, {UNIMPLEMENTED}),
            (stranger, {UNAUTHENTICATED}),
            (nameless, {UNAUTHENTICATED}),
        ],
    )
