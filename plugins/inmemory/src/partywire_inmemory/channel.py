"""A connection in memory: a delivery is a direct call of the other end's router."""

from collections.abc import Callable

import anyio

from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Rejected, TransportError
from partywire.identity import Identity
from partywire.inbox import Dismiss, Guest
from partywire.interfaces import Answered, Channel


class InMemoryChannel(Channel):
    """One direction between two parties: batches go along it, and their receipts come back."""

    def __init__(
        self, identity: Identity, arrive: Callable[[Dismiss], Guest], *, encode: bool
    ) -> None:
        """Made by the transport, with the peer's identity; ``arrive`` lets us in over there."""
        self.identity = identity
        self._guest = arrive(self._dismissed)
        self._encode = encode
        self._ended = anyio.Event()
        self._waiting = anyio.CancelScope()
        self._problem: TransportError | None = None

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Send a step of the hello and return the answer."""
        self._raise_if_ended()
        with anyio.CancelScope() as self._waiting:
            try:
                return await self._guest.greet(hello)
            except TransportError as error:
                raise self._refused(error) from error
        raise (self._problem or Rejected(self.identity.party, "ended the hello")).again()

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        """Have the batch taken by a router that has to be awaited."""
        self._raise_if_ended()
        receipt: Receipt | None = None
        with anyio.CancelScope() as self._waiting:
            try:
                receipt = await self._guest.accept(self._wire(batch))
            except TransportError as error:
                raise self._refused(error) from error
        self._raise_if_ended()
        if receipt is not None:
            answered(self._wire_back(receipt))

    def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
        """Have the batch taken at once, where the peer's router can."""
        if self._problem is not None:
            raise self._problem.again()
        try:
            receipt = self._guest.accept_nowait(self._wire(batch) if self._encode else batch)
        except TransportError as error:
            raise self._refused(error) from error
        if receipt is None:
            return False
        answered(self._wire_back(receipt) if self._encode else receipt)
        return True

    async def broken(self) -> TransportError:
        """Wait until a node closes or rejects a batch, and return why the connection ended."""
        while self._problem is None:
            await self._ended.wait()
        return self._problem

    def hang_up(self, problem: TransportError) -> None:
        """End the connection; the first reason stays."""
        if self._problem is None:
            self._problem = problem
            self._guest.leave()
            self._ended.set()
            self._waiting.cancel()

    def _refused(self, error: TransportError) -> TransportError:
        """End the connection with what the other end refuses, and return what to raise."""
        self._dismissed(error)
        return Rejected(self.identity.party, f"refused us: {error.problem}")

    def _dismissed(self, error: TransportError) -> None:
        self.hang_up(Rejected(self.identity.party, f"refused us: {error.problem}"))

    def _raise_if_ended(self) -> None:
        if self._problem is not None:
            raise self._problem.again()

    def _wire(self, batch: Batch) -> Batch:
        return decode_batch(encode_batch(batch)) if self._encode else batch

    def _wire_back(self, receipt: Receipt) -> Receipt:
        return decode_receipt(encode_receipt(receipt)) if self._encode else receipt
