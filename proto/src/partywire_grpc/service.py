"""The fast wire as a service of gRPC: its name, and the calls of both ends."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import attrs
import grpc
import grpc.aio

from partywire_grpc._protocol import fast_pb2
from partywire_grpc.addresses import Address
from partywire_grpc.endings import Code, Ending
from partywire_grpc.options import Options, spare_descriptors
from partywire_grpc.security import Approach, OtherEnd, Security
from partywire_grpc.servers import CLOSING, bind, proved
from partywire_grpc.stream import Stream

PARTY: Final = "partywire-party"
"""The metadata in which each end says whom it is."""

_SERVICE: Final = fast_pb2.DESCRIPTOR.services_by_name["FastWire"]
_METHOD: Final = _SERVICE.methods[0].name
_PATH: Final = f"/{_SERVICE.full_name}/{_METHOD}"


@attrs.frozen
class Dial:
    """A call to a server: where to, as whom, and who is told what it shows."""

    address: Address
    party: str
    approach: Approach
    options: Options
    stream: Stream
    answered: Callable[[OtherEnd], None]
    ended: Callable[[Ending], None]

    async def run(self) -> None:
        """Call, and carry the stream until it ends."""
        ending = Ending(Code.CANCELLED)
        try:
            async with self.approach.channel(self.address, self.options) as channel:
                call: Any = channel.stream_stream(_PATH)(metadata=((PARTY, self.party),))
                try:
                    ending = await self._converse(call)
                finally:
                    call.cancel()
        finally:
            self.ended(ending)

    async def _converse(self, call: Any) -> Ending:
        try:
            party = _party(await call.initial_metadata())
            if not party:  # a refusal, whose code is still to come
                return Ending(await call.code(), await call.details() or "")
        except grpc.aio.AioRpcError as error:
            return Ending(error.code(), error.details() or "")
        self.answered(OtherEnd(party, str(self.address)))
        return await self.stream.run(call.read, call.write)


class Arrival:
    """A caller that waits to be let in. Its methods are called on gRPC's event loop."""

    def __init__(self, other: OtherEnd, stream: Stream) -> None:
        self.other: OtherEnd = other
        self.stream: Stream = stream
        self._decided = asyncio.Event()

    @property
    def decided(self) -> bool:
        """Whether it waits no more."""
        return self._decided.is_set()

    def decide(self) -> None:
        """Let the stream begin, unless it was ended before."""
        self._decided.set()

    async def run(self, context: Any, party: str) -> Ending:
        """Wait for the decision, and carry the stream until it ends."""
        await self._decided.wait()
        if self.stream.ending is None:
            await context.send_initial_metadata(((PARTY, party),))
            await self.stream.run(context.read, context.write)
        return self.stream.ending or Ending(Code.CANCELLED)


class Host:
    """A server: where it listens, as whom, and who is told of callers and of their end.

    Its methods are called on gRPC's event loop.
    """

    def __init__(
        self,
        address: Address,
        party: str,
        *,
        security: Security,
        options: Options,
        waiting: int,
        new_stream: Callable[[], Stream],
        arrived: Callable[[Arrival], None],
        gone: Callable[[Arrival, Ending], None],
        knocked: Callable[[], None],
    ) -> None:
        """Prepare; nobody can call yet.

        ``waiting`` is how many callers may wait to be let in; a further one is turned away.
        """
        self._address = address
        self._party = party
        self._security = security
        self._options = options
        self._new_stream = new_stream
        self._arrived = arrived
        self._gone = gone
        self._knocked = knocked
        self._server: grpc.aio.Server | None = None
        self._here: set[Arrival] = set()
        self._waiting = waiting

    async def open(self) -> None:
        """Let callers come. Raises `OSError`, in words, where the address cannot be had."""
        spare_descriptors()
        self._server = server = grpc.aio.server(options=self._options)
        handler: Any = grpc.stream_stream_rpc_method_handler(self._accept)
        service = grpc.method_handlers_generic_handler(_SERVICE.full_name, {_METHOD: handler})
        server.add_generic_rpc_handlers((service,))
        bind(server, self._address, self._security, self._knocked)
        await server.start()

    async def close(self) -> None:
        """End every stream, and let nobody come any more."""
        for arrival in self._here:
            arrival.stream.end(Ending(Code.UNAVAILABLE))
        if self._server is not None:
            await self._server.stop(CLOSING)

    async def _accept(self, _requests: Any, context: Any) -> None:
        if sum(not arrival.decided for arrival in self._here) >= self._waiting:
            context.set_code(Code.CANCELLED)  # as gRPC does itself where its own line is full
            return
        other = OtherEnd(
            _party(context.invocation_metadata()),
            context.peer(),
            proved(context.auth_context()),
            self._address,
        )
        arrival = Arrival(other, self._new_stream())
        self._here.add(arrival)
        ending = Ending(Code.CANCELLED)
        try:
            self._arrived(arrival)
            ending = await arrival.run(context, self._party)
        finally:
            self._here.discard(arrival)
            self._gone(arrival, ending)
        context.set_code(ending.code)


def _party(metadata: Any) -> str:
    found = [value for key, value in metadata or () if key == PARTY]
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""
