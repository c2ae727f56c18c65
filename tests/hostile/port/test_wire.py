"""Well-formed frames of a party that breaks the rules of the fast wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from partywire.delivery.hello import PROBE, Welcome
from partywire.delivery.records import Batch, Receipt
from partywire.testing import samples
from partywire_grpc._protocol import fast_pb2
from partywire_grpc.frames import (
    Greeting,
    decode_frame,
    encode_batch_frame,
    encode_greeting,
    encode_receipt_frame,
    encode_welcome,
)
from tests.hostile.port.http2 import data, message
from tests.hostile.port.manners import FIRST, greeted, says
from tests.hostile.port.siege import repelled

if TYPE_CHECKING:
    from tests.hostile.port.http2 import Raider

DEADLINE, INVALID_ARGUMENT, FAILED_PRECONDITION = 4, 3, 9
BATCH = encode_batch_frame(Batch(samples.SENDER, samples.RECEIVER, [], []))


async def batch_before_the_hello(mallory: Raider) -> None:
    await mallory.opens()
    await says(mallory, BATCH)


async def batch_within_the_hello(mallory: Raider) -> None:
    await mallory.opens()
    await says(mallory, encode_greeting(Greeting(FIRST, 0.0)), BATCH)


async def wrong_echo(mallory: Raider) -> None:
    await mallory.opens()
    wrong = attrs.evolve(FIRST, nonce=b"", echo=b"e" * 16)
    await says(mallory, *(encode_greeting(Greeting(each, 0.0)) for each in (FIRST, wrong)))


async def second_hello(mallory: Raider) -> None:
    await greeted(mallory)
    await says(mallory, encode_greeting(Greeting(FIRST, 0.0)))


async def nonsense_in_the_hello(mallory: Raider) -> None:
    await mallory.opens()
    odd = fast_pb2.Hello(version=1, kind="x" * 17, started=float("nan"), incarnation=b"short")
    await says(mallory, fast_pb2.Frame(hello=odd).SerializeToString())


async def another_version(mallory: Raider) -> None:
    await mallory.opens()
    await says(mallory, encode_greeting(Greeting(attrs.evolve(FIRST, version=2), 0.0)))


async def receipt_of_nothing(mallory: Raider) -> None:
    await greeted(mallory)
    await says(mallory, encode_receipt_frame(Receipt([], [])))


async def welcome_of_the_dialler(mallory: Raider) -> None:
    await mallory.opens()
    await says(mallory, encode_welcome(Welcome(True)))


async def filler_without_end(mallory: Raider) -> None:
    filler = await greeted(mallory, kind=PROBE)
    await says(mallory, filler)
    assert isinstance(decode_frame(await mallory.message()), Receipt)
    await says(mallory, filler)


async def messages_of_a_probe(mallory: Raider) -> None:
    await greeted(mallory, kind=PROBE)
    await says(mallory, encode_batch_frame(samples.batches()["every control record"]))


async def garbage_in_a_batch(mallory: Raider) -> None:
    await greeted(mallory)
    await says(mallory, fast_pb2.Frame(batch=b"\xff" * 1_000).SerializeToString())


async def nothing_at_all(mallory: Raider) -> None:
    await mallory.opens()


async def half_a_hello(mallory: Raider) -> None:
    await mallory.opens()
    await mallory.send(data(message(encode_greeting(Greeting(FIRST, 0.0))))[:-1])


async def test_a_rule_that_is_broken_ends_the_stream_by_its_code(anyio_backend_name: str) -> None:
    await repelled(
        anyio_backend_name,
        [
            (batch_before_the_hello, {FAILED_PRECONDITION}),
            (batch_within_the_hello, {FAILED_PRECONDITION}),
            (wrong_echo, {FAILED_PRECONDITION}),
            (second_hello, {FAILED_PRECONDITION}),
            (another_version, {FAILED_PRECONDITION}),
            (filler_without_end, {FAILED_PRECONDITION}),
            (messages_of_a_probe, {FAILED_PRECONDITION}),
            (nonsense_in_the_hello, {INVALID_ARGUMENT}),
            (receipt_of_nothing, {INVALID_ARGUMENT}),
            (welcome_of_the_dialler, {INVALID_ARGUMENT}),
            (garbage_in_a_batch, {INVALID_ARGUMENT}),
        ],
    )


async def test_who_says_nothing_more_is_ended_after_twice_the_heartbeat(
    anyio_backend_name: str,
) -> None:
    silent = [(nothing_at_all, {DEADLINE}), (half_a_hello, {DEADLINE})]
    await repelled(anyio_backend_name, silent, heartbeat="500ms")
