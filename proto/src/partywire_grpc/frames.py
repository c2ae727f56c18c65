"""Frames of the fast wire: from hellos, batches and receipts to bytes, and back.

``fast.proto`` describes every field. What comes from outside raises `Malformed` and nothing else.
"""

import math
from collections.abc import Callable
from typing import Final

import attrs
from google.protobuf.message import DecodeError

from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.hello import MAX_PROOF, MAX_SLOT, NONCE, Hello, Welcome, told_way
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Malformed
from partywire_grpc._protocol import fast_pb2
from partywire_grpc.certificates.evidence import MAX_CERTIFICATE

WIRE: Final = "fast"
"""What people call it."""
MAX_FRAME: Final = 4 << 20
"""Bytes of a frame, at most."""
MAX_FEATURES: Final = 32
MAX_FEATURE: Final = 64
"""Bytes of the name of a feature."""
MAX_KIND: Final = 16
ROSTER: Final = 32
LEAST_PACE: Final = 0.1
"""Seconds; who asks for signs of life more often gets them this often."""
_MOST_MILLISECONDS: Final = (1 << 32) - 1


@attrs.frozen
class Greeting:
    """A step of the hello, and how often its sender wants to hear something.

    ``pace`` is in seconds: 0 for never, else at least `LEAST_PACE`; less than 2**32 milliseconds.
    """

    hello: Hello
    pace: float


@attrs.frozen
class Beat:
    """A sign of life."""


@attrs.frozen
class Successor:
    """The certificate, in DER and not checked, that a party will show from its next call on."""

    certificate: bytes = attrs.field(repr=False)


@attrs.frozen
class Succession:
    """Whether a caller with the successor is let in."""

    admitted: bool


Content = Greeting | Welcome | Batch | Receipt | Beat | Successor | Succession
"""What a frame can hold."""

BEAT: Final[bytes] = fast_pb2.Frame(beat=fast_pb2.Beat()).SerializeToString()
"""The frame of a sign of life."""


def encode_greeting(greeting: Greeting) -> bytes:
    """Return the frame of a step of the hello."""
    hello = greeting.hello
    milliseconds = min(math.ceil(greeting.pace * 1000), _MOST_MILLISECONDS)
    message = fast_pb2.Hello(
        version=hello.version,
        kind=hello.kind,
        incarnation=hello.incarnation,
        started=hello.started,
        features=hello.features,
        roster=hello.roster,
        clock=hello.clock,
        nonce=hello.nonce,
        echo=hello.echo,
        slot=hello.slot,
        pace=milliseconds,
    )
    return fast_pb2.Frame(hello=message).SerializeToString()


def encode_welcome(welcome: Welcome) -> bytes:
    """Return the frame of the end of a hello."""
    message = fast_pb2.Welcome(roster_agrees=welcome.roster_agrees, proof=welcome.proof)
    if welcome.way_back is not None:
        message.way_back.way = welcome.way_back.way
        message.way_back.seconds = welcome.way_back.seconds
    return fast_pb2.Frame(welcome=message).SerializeToString()


def encode_successor(successor: Successor) -> bytes:
    """Return the frame of a certificate that is to be shown."""
    message = fast_pb2.Successor(certificate=successor.certificate)
    return fast_pb2.Frame(successor=message).SerializeToString()


def encode_succession(succession: Succession) -> bytes:
    """Return the frame of the answer to it."""
    message = fast_pb2.Succession(admitted=succession.admitted)
    return fast_pb2.Frame(succession=message).SerializeToString()


def encode_batch_frame(batch: Batch) -> bytes:
    """Return the frame of a batch."""
    return fast_pb2.Frame(batch=encode_batch(batch)).SerializeToString()


def encode_receipt_frame(receipt: Receipt) -> bytes:
    """Return the frame of a receipt."""
    return fast_pb2.Frame(receipt=encode_receipt(receipt)).SerializeToString()


def decode_frame(data: bytes) -> Content:
    """Return what a frame from outside holds.

    The values of a hello are within the bounds of ``fast.proto``; whether they make a hello that
    this node takes is for `hello.fault` and the core to say.

    Raises:
        Malformed: it is no frame, or a field of it is out of bounds.
    """
    if len(data) > MAX_FRAME:
        raise Malformed("frame", "larger than a frame may be")
    frame = fast_pb2.Frame()
    try:
        frame.ParseFromString(data)
    except DecodeError:
        raise Malformed("frame", "no protobuf message of that kind") from None
    content = frame.WhichOneof("content")
    if content == "batch":
        return decode_batch(frame.batch)
    if content == "receipt":
        return decode_receipt(frame.receipt)
    if content not in _RARE:
        raise Malformed("frame", "without content")
    return _RARE[content](frame)


def _successor(message: fast_pb2.Successor) -> Successor:
    if not 0 < len(message.certificate) <= MAX_CERTIFICATE:
        raise Malformed("successor", "certificate is out of bounds")
    return Successor(message.certificate)


def _greeting(message: fast_pb2.Hello) -> Greeting:
    _check(message)
    hello = Hello(
        version=message.version,
        kind=message.kind,
        incarnation=message.incarnation,
        started=message.started,
        features=tuple(message.features),
        roster=message.roster,
        clock=message.clock,
        nonce=message.nonce,
        echo=message.echo,
        slot=message.slot,
    )
    pace = message.pace / 1000
    return Greeting(hello, max(pace, LEAST_PACE) if pace else 0.0)


def _welcome(message: fast_pb2.Welcome) -> Welcome:
    there = message.way_back
    if not (math.isfinite(there.seconds) and there.seconds >= 0):
        raise Malformed("welcome", "seconds are out of bounds")
    if len(message.proof) > MAX_PROOF:
        raise Malformed("welcome", "proof is out of bounds")
    way_back = told_way(there.way, there.seconds)
    return Welcome(message.roster_agrees, way_back, message.proof)


def _check(message: fast_pb2.Hello) -> None:
    features = message.features
    bounds = {
        "kind": len(message.kind.encode()) <= MAX_KIND,
        "incarnation": len(message.incarnation) == NONCE,
        "started": math.isfinite(message.started),
        "features": len(features) <= MAX_FEATURES
        and all(len(feature.encode()) <= MAX_FEATURE for feature in features),
        "roster": len(message.roster) in (0, ROSTER),
        "clock": math.isfinite(message.clock),
        "nonce": len(message.nonce) in (0, NONCE),
        "echo": len(message.echo) in (0, NONCE),
        "slot": len(message.slot) <= MAX_SLOT,
    }
    for field, holds in bounds.items():
        if not holds:
            raise Malformed("hello", f"{field} is out of bounds")


_RARE: Final[dict[str | None, Callable[[fast_pb2.Frame], Content]]] = {
    "hello": lambda frame: _greeting(frame.hello),
    "welcome": lambda frame: _welcome(frame.welcome),
    "beat": lambda _: Beat(),
    "successor": lambda frame: _successor(frame.successor),
    "succession": lambda frame: Succession(frame.succession.admitted),
}
