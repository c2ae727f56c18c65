"""A session router that writes down what comes in: who sent it, where, its size and its digest.

Parties can compare their transcripts, and so find a sender that told them different things. No
payload is kept. A digest of a short payload could be guessed, so digests have a key: parties that
want to compare them agree on one, and nobody else can make use of them.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import blake2b

import attrs

from partywire.delivery.records import Batch, FlowReceipt, Receipt, Record, Status
from partywire.hookspecs import RouterDescriptor, Setting, hookimpl
from partywire.identity import Identity
from partywire.interfaces import SessionRouter

MOST_FLOWS = 10_000


@attrs.frozen
class Entry:
    """One message that came in whole. ``slot`` is its round, or ``-1 - label``."""

    session: int
    sender: str
    slot: int
    size: int
    digest: bytes


Write = Callable[[Entry], None]


@attrs.define
class Progress:
    """How far a flow was written down: the next byte of the next message, and what came of it."""

    hasher: "blake2b"
    number: int = 0
    offset: int = 0


class TranscriptRouter(SessionRouter):
    """Leaves everything to ``local``, and writes down what that has taken."""

    def __init__(self, local: SessionRouter, write: Write, key: bytes) -> None:
        self._local = local
        self._write = write
        self._key = key
        self._flows: OrderedDict[tuple[int, str, bytes], Progress] = OrderedDict()

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        receipt = await self._local.accept(identity, batch)
        self._note(identity.party, batch, receipt)
        return receipt

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt | None:
        receipt = self._local.accept_nowait(identity, batch)
        if receipt is not None:
            self._note(identity.party, batch, receipt)
        return receipt

    def _note(self, sender: str, batch: Batch, receipt: Receipt) -> None:
        if receipt.stale:
            return
        for segment, flow in zip(batch.segments, receipt.flows, strict=True):
            progress = self._progress((segment.session, sender, batch.sender))
            for number, record in enumerate(segment.records, segment.number):
                if number == progress.number and _was_taken(number, record, flow):
                    self._advance(progress, segment.session, sender, record)

    def _advance(self, progress: Progress, session: int, sender: str, record: Record) -> None:
        fresh = memoryview(record.data)[max(0, progress.offset - record.offset) :]
        progress.hasher.update(fresh)
        progress.offset += len(fresh)
        if progress.offset == record.total:
            digest = progress.hasher.digest()
            self._write(Entry(session, sender, record.slot, record.total, digest))
            progress.number, progress.offset = progress.number + 1, 0
            progress.hasher = self._hasher()

    def _progress(self, flow: tuple[int, str, bytes]) -> Progress:
        """Return how far a flow is; the one that was silent for longest makes room."""
        progress = self._flows.pop(flow, None) or Progress(self._hasher())
        self._flows[flow] = progress
        if len(self._flows) > MOST_FLOWS:
            self._flows.popitem(last=False)
        return progress

    def _hasher(self) -> "blake2b":
        return blake2b(key=self._key, digest_size=32)


def _was_taken(number: int, record: Record, flow: FlowReceipt) -> bool:
    """Tell whether the receiver has that record: by its position, or in its early cache."""
    end = record.offset + len(record.data)
    reached = (number, end) if end < record.total else (number + 1, 0)
    return flow.status is Status.INACTIVE or reached <= (flow.number, flow.offset)


class Transcripts:
    """The plugin: it hands each entry to ``write``."""

    def __init__(self, write: Write, key: bytes) -> None:
        self._write = write
        self._key = key

    @hookimpl
    def register_routers(self) -> list[RouterDescriptor]:
        return [RouterDescriptor("transcript", self._open)]

    @asynccontextmanager
    async def _open(self, _setting: Setting, local: SessionRouter) -> AsyncIterator[SessionRouter]:
        yield TranscriptRouter(local, self._write, self._key)
