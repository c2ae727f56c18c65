"""The manners of the fast wire, for a raider that keeps some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from partywire.delivery.hello import NODE, Welcome
from partywire.delivery.records import Batch
from partywire.testing import samples
from partywire_grpc.frames import (
    BEAT,
    Greeting,
    decode_frame,
    encode_batch_frame,
    encode_greeting,
)
from tests.hostile.port.http2 import data, message

if TYPE_CHECKING:
    from tests.hostile.port.http2 import Raider

FIRST: Final = attrs.evolve(samples.FIRST_STEP, slot=b"", features=())


async def says(mallory: Raider, *frames: bytes) -> None:
    """Send frames of the fast wire, each as a message."""
    for each in frames:
        await mallory.send(data(message(each)))


async def greeted(mallory: Raider, party: str = "mallory", kind: str = NODE) -> bytes:
    """Go through the hello, as a good party does, and return a batch that may follow."""
    await mallory.opens(party)
    first = attrs.evolve(FIRST, kind=kind)
    await says(mallory, encode_greeting(Greeting(first, 0.0)))
    second = decode_frame(await mallory.message())
    assert isinstance(second, Greeting)
    third = attrs.evolve(first, nonce=b"", echo=second.hello.nonce)
    await says(mallory, encode_greeting(Greeting(third, 0.0)))
    while (came := await mallory.message()) == BEAT:
        pass
    assert isinstance(decode_frame(came), Welcome)
    return encode_batch_frame(Batch(FIRST.incarnation, second.hello.incarnation, [], []))
