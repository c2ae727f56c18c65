"""What is sent in tests: hellos, batches and receipts, from the least to the most there can be."""

from typing import Final

from partywire.delivery import hello
from partywire.delivery.hello import MAX_SLOT, NONCE, Hello, Way, WayBack, Welcome
from partywire.delivery.records import (
    CHUNK,
    MAX_CONTROLS,
    MAX_REASON,
    MAX_SEGMENTS,
    TIMINGS,
    Abort,
    Batch,
    Control,
    Fin,
    FlowReceipt,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Record,
    Segment,
    Status,
    Terms,
)

SENDER: Final = b"a sending node!!"
RECEIVER: Final = b"a receiving node"
LARGEST: Final = (1 << 64) - 1
LARGEST_SESSION: Final = (1 << 128) - 1

FIRST_STEP: Final = Hello(
    kind=hello.NODE,
    incarnation=SENDER,
    started=1_800_000_000.25,
    roster=bytes(range(32)),
    clock=1_800_000_060.5,
    nonce=b"n" * NONCE,
    features=("one", "another"),
    slot=bytes(range(256)) * (MAX_SLOT // 256),
)
SECOND_STEP: Final = Hello(
    kind=hello.NODE,
    incarnation=RECEIVER,
    started=0.0,
    roster=b"",
    clock=-1.0,
    nonce=b"m" * NONCE,
    slot=b"\x00",
)
END: Final = Welcome(
    roster_agrees=False, way_back=WayBack(Way.UNREACHABLE, 2.5), proof=b"\x00proof" * 300
)


def numbered(number: int, size: int = 8) -> Batch:
    """Return a batch that can be told from others by its number, with a payload of that size."""
    return _batch(Segment(number, 0, 0, [Record(0, 0, size, bytes(size))]))


def number_of(batch: Batch) -> int:
    """Return the number of a `numbered` batch."""
    return batch.segments[0].session


def receipt_of(batch: Batch) -> Receipt:
    """Return the answer for a batch of samples; a `numbered` one's carries its number."""
    opens = [OpenReceipt(each.session, Status.ACTIVE) for each in batch.controls if _opens(each)]
    return Receipt(opens, [_flow(segment.session, Status.ACTIVE) for segment in batch.segments])


def batches() -> dict[str, Batch]:
    """Return batches of every shape, by what they are."""
    piece = memoryview(bytes(range(256)) * (CHUNK // 256))
    large = 3 * CHUNK
    return {
        "an empty batch": _batch(),
        "a payload of 0 bytes": _batch(_whole(b"")),
        "a payload of every byte": _batch(_whole(bytes(range(256)))),
        "a payload of one whole chunk": _batch(_whole(bytes(piece))),
        "the first chunk of a message": _batch(Segment(1, 0, 0, [Record(0, 0, large, piece)])),
        "a last chunk, and the next message": _batch(
            Segment(1, 3, 7, [Record(4, large - 9, large, piece[:9]), Record(5, 0, 2, b"ab")])
        ),
        "many segments": _batch(
            *(_whole(b"%d" % number, number) for number in range(MAX_SEGMENTS))
        ),
        "many records": _batch(Segment(1, 0, 0, [Record(n, 0, 1, b"x") for n in range(4_096)])),
        "labels": _batch(Segment(1, 0, 0, [Record(-1, 0, 1, b"a"), Record(~LARGEST, 0, 1, b"b")])),
        "the largest numbers": _batch(
            Segment(LARGEST_SESSION, LARGEST, LARGEST, [Record(LARGEST, 0, 0, b"")])
        ),
        "every control record": Batch(SENDER, RECEIVER, _controls(), [_whole(b"and data")]),
        "many control records": Batch(
            SENDER, RECEIVER, [Fin(number, number) for number in range(MAX_CONTROLS)], []
        ),
    }


def receipts() -> dict[str, Receipt]:
    """Return receipts of every shape, by what they are."""
    return {
        "an empty receipt": Receipt([], []),
        "a stale one": Receipt([], [], stale=True),
        "every status": Receipt(
            [OpenReceipt(number, status) for number, status in enumerate(Status)],
            [_flow(number, status) for number, status in enumerate(Status)],
        ),
        "the largest numbers": Receipt(
            [],
            [FlowReceipt(LARGEST_SESSION, Status.FULL, LARGEST, LARGEST, (1 << 32) - 1, LARGEST)],
        ),
        "many answers": Receipt(
            [], [_flow(number, Status.ACTIVE) for number in range(MAX_SEGMENTS)]
        ),
    }


def _batch(*segments: Segment) -> Batch:
    return Batch(SENDER, RECEIVER, [], list(segments))


def _whole(data: bytes, session: int = 1) -> Segment:
    return Segment(session, 0, 0, [Record(0, 0, len(data), data)])


def _flow(number: int, status: Status) -> FlowReceipt:
    return FlowReceipt(number, status, number % LARGEST, 0, 4_096, 1 << 20)


def _opens(control: Control) -> bool:
    return isinstance(control, Open)


def _controls() -> list[Control]:
    return [
        *(
            Open(number, Terms(bytes(32), timing, labels, 32, 1 << 31), 1, 2, 3, 4)
            for number, (timing, labels) in enumerate(
                (timing, labels) for timing in TIMINGS for labels in (False, True)
            )
        ),
        Grant(1, LARGEST, LARGEST, (1 << 32) - 1, LARGEST),
        Fin(LARGEST_SESSION, 0),
        Abort(3, ""),
        Abort(4, "why: \u00fc\u4e2d\n\x00".ljust(MAX_REASON - 3, ".")),
    ]
