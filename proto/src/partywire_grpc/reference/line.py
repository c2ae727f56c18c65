"""One connection to a server of the reference wire. What is here runs on gRPC's event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from partywire_grpc.addresses import Address
from partywire_grpc.endings import Code, Ending
from partywire_grpc.reference.options import channel_options
from partywire_grpc.reference.service import Method
from partywire_grpc.security import Approach

_LOST = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)
_READY = grpc.ChannelConnectivity.READY


class Line:
    """A channel of gRPC, as long as it is one connection."""

    def __init__(
        self, approach: Approach, stood: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        """Prepare.

        Args:
            approach: how the server is called.
            stood: is called once the connection stands.
            lost: is called once, when it is lost or cannot be made.
        """
        self._approach = approach
        self._stood = stood
        self._lost = lost
        self._channel: grpc.aio.Channel | None = None

    async def run(self, address: Address) -> None:
        """Let calls be made to whoever is at an address, until cancelled."""
        async with self._approach.channel(address, channel_options()) as channel:
            self._channel = channel
            try:
                await self._watch(channel)
                self._lost()
                await asyncio.get_running_loop().create_future()
            finally:
                self._channel = None

    async def call(self, method: Method, request: bytes) -> bytes | Ending:
        """Return the bytes of the answer, or how the call ended without one."""
        if self._channel is None:
            return Ending(Code.CANCELLED)
        call: Any = self._channel.unary_unary(method.path)
        try:
            answer = await call(request)
        except grpc.aio.AioRpcError as error:
            return Ending(error.code(), error.details() or "")
        return Ending(Code.UNKNOWN, "no message") if answer is None else bytes(answer)

    async def _watch(self, channel: grpc.aio.Channel) -> None:
        """Connect, and wait until the connection is lost, or was not to be had."""
        state, stood = channel.get_state(try_to_connect=True), False
        while state not in _LOST and not (stood and state is not _READY):
            await channel.wait_for_state_change(state)
            state = channel.get_state()
            if state is _READY and not stood:
                stood = True
                self._stood()
