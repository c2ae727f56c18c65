"""The reference wire as a service of gRPC. What is here runs on gRPC's event loop."""

import asyncio
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, Final

import attrs
import grpc
import grpc.aio

from partywire.errors import Unreachable
from partywire_grpc._protocol import reference_pb2
from partywire_grpc.addresses import Address
from partywire_grpc.options import Options, spare_descriptors
from partywire_grpc.reference.statuses import Answer
from partywire_grpc.security import OtherEnd, Security
from partywire_grpc.servers import CLOSING, bind, proved

_SERVICE: Final = reference_pb2.DESCRIPTOR.services_by_name["gnetworking"]


class Method(Enum):
    """What is called."""

    SEND = "SendValue"
    CHECK = "HealthCheck"

    @property
    def path(self) -> str:
        """The name by which gRPC knows it."""
        return f"/{_SERVICE.full_name}/{self.value}"


class Call:
    """A call of a peer, of which nothing was read."""

    def __init__(self, method: Method, context: Any) -> None:
        self.method: Method = method
        self.other: OtherEnd = OtherEnd("", context.peer(), proved(context.auth_context()))
        self._context = context
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def read(self) -> bytes:
        """Return the one message of the call. Raises `Unreachable` where the caller is gone."""
        try:
            message = await self._context.read()
        except (grpc.aio.BaseError, asyncio.InvalidStateError) as error:
            raise Unreachable(self.other.source, "the caller is gone") from error
        return b"" if message is grpc.aio.EOF else bytes(message)

    def answer(self, answer: Answer) -> None:
        """Say what the call comes to; nothing is said to a caller who is gone."""
        if not self._answer.done():
            self._answer.set_result(answer)

    async def answered(self) -> bytes:
        """Wait for that, and return the bytes of the answer."""
        answer = await self._answer
        if answer.code is not grpc.StatusCode.OK:
            await self._context.abort(answer.code)
        return answer.message


@attrs.frozen
class Listener:
    """A server: where it listens, and who is told of calls and of their end."""

    address: Address
    security: Security
    options: Options
    arrived: Callable[[Call], None]
    gone: Callable[[Call], None]
    knocked: Callable[[], None]
    _servers: list[grpc.aio.Server] = attrs.field(factory=list, init=False)

    async def open(self) -> None:
        """Let callers come. Raises `OSError` where the address cannot be had."""
        spare_descriptors()
        server = grpc.aio.server(options=self.options)
        self._servers.append(server)
        handlers: Any = {
            method.value: grpc.stream_unary_rpc_method_handler(partial(self._serve, method))
            for method in Method
        }
        service = grpc.method_handlers_generic_handler(_SERVICE.full_name, handlers)
        server.add_generic_rpc_handlers((service,))
        bind(server, self.address, self.security, self.knocked)
        await server.start()

    async def close(self) -> None:
        """End every call, and let nobody come any more."""
        for server in self._servers:
            await server.stop(CLOSING)

    async def _serve(self, method: Method, _requests: Any, context: Any) -> bytes:
        call = Call(method, context)
        self.arrived(call)
        try:
            return await call.answered()
        finally:
            self.gone(call)
