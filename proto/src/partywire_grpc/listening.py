"""Why a node cannot listen where its config says, and what to do about it."""

import errno
import os
import socket
from typing import Final

import attrs

from partywire.errors import outside_text
from partywire_grpc.addresses import Address


@attrs.frozen
class Obstacle:
    """What keeps a node from an address; ``remedy`` is what to do, as it follows "has to"."""

    said: str
    remedy: str

    def __str__(self) -> str:
        """Return both."""
        return f"{self.said}; {self.remedy}"


_IN_USE: Final = Obstacle(
    "another program listens there, or a node of this config already",
    "end that one, or take another port",
)
_NOT_ALLOWED: Final = Obstacle(
    "this user is not allowed to; ports below 1024 need a right of their own",
    "take a port from 1024, or give it that right",
)


def obstacle_at(address: Address) -> Obstacle | None:
    """Return what keeps this process from listening at an address, or None.

    The address is had for a moment, and nobody can connect to it. Blocks, for as long as the name
    is looked up.
    """
    try:
        entries = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Obstacle(f"no address is known for {address.host}", _take_all(address))
    family, kind, protocol, _, place = entries[0]
    try:
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except OSError as error:
        return _in_words(error, address)
    return None


def _in_words(error: OSError, address: Address) -> Obstacle:
    if error.errno == errno.EADDRINUSE:
        return _IN_USE
    if error.errno in (errno.EACCES, errno.EPERM):
        return _NOT_ALLOWED
    if error.errno == errno.EADDRNOTAVAIL:
        return Obstacle("this machine has no such address", _take_all(address))
    said = os.strerror(error.errno) if error.errno else outside_text(str(error))
    return Obstacle(said, "take another address")


def _take_all(address: Address) -> str:
    host = "::" if ":" in address.host else "0.0.0.0"  # noqa: S104
    return f"take {Address(host, address.port)}, which is every address of this machine"
