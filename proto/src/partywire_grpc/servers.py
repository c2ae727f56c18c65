"""What the servers of both wires have in common. What is here runs on gRPC's event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import grpc.aio

from partywire_grpc.addresses import Address
from partywire_grpc.listening import obstacle_at
from partywire_grpc.security import Security

CLOSING: Final = 1.0
"""Seconds that a server gives its streams to end."""


class Knocks:
    """Tells gRPC's event loop of knocks that come on any thread, once for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop, knocked: Callable[[], None]) -> None:
        self._loop = loop
        self._knocked = knocked
        self._told = False

    def knock(self) -> None:
        """Tell it, unless it is about to look; never raises."""
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop is closed, and the server about to be
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._told = False
        self._knocked()


def bind(
    server: grpc.aio.Server, address: Address, security: Security, knocked: Callable[[], None]
) -> None:
    """Have a server listen. Raises `OSError` where the address cannot be had.

    ``knocked`` is called on this event loop, for connections that may never be a call.
    """
    knocks = Knocks(asyncio.get_running_loop(), knocked)
    credentials = security.server_credentials(address, knocks.knock)
    try:
        if credentials is None:
            server.add_insecure_port(str(address))
        else:
            server.add_secure_port(str(address), credentials)
    except RuntimeError as error:
        why = obstacle_at(address) or "gRPC does not say why"
        raise OSError(f"cannot listen at {address}: {why}") from error


def proved(context: Any) -> dict[str, tuple[bytes, ...]]:
    """Return what the handshake of a call's connection found, as gRPC tells it."""
    return {str(name): tuple(values) for name, values in (context or {}).items()}
