"""Why a stream ended: from gRPC's status codes to our errors."""

from typing import Final

import attrs
import grpc

from partywire.errors import Rejected, TransportError, Unreachable, outside_text

Code = grpc.StatusCode


@attrs.frozen
class Ending:
    """How a stream ended; ``details`` are for people, and may come from outside."""

    code: grpc.StatusCode
    details: str = ""


_REJECTED: Final = {
    Code.UNAUTHENTICATED: "refused our identity",
    Code.INVALID_ARGUMENT: "found a frame of ours malformed or out of turn",
    Code.FAILED_PRECONDITION: "refused our hello or a batch of ours",
    Code.UNIMPLEMENTED: "has no fast wire at this address",
    Code.RESOURCE_EXHAUSTED: "a frame was larger than it may be",
    Code.INTERNAL: "failed, and says no more",
}
_UNREACHABLE: Final = {
    Code.OK: "ended the connection",
    Code.CANCELLED: "ended the connection",
    Code.DEADLINE_EXCEEDED: "nothing was heard for too long",
    Code.ABORTED: "has renewed its certificate",
    Code.ALREADY_EXISTS: "has newer connections of ours",
}


_CLOSED: Final = ("Socket closed", "Connection reset")
"""What gRPC's details have in them where a connection was closed before anything was said on it."""


def error_of(party: str, ending: Ending, silence: str = "") -> TransportError:
    """Return what the end of a stream to a party means.

    Args:
        party: the other end.
        ending: what gRPC tells.
        silence: what it may mean that a server closed the connection and said nothing.
    """
    if ending.code in _REJECTED:
        return Rejected(party, _REJECTED[ending.code])
    if ending.code in _UNREACHABLE:
        return Unreachable(party, _UNREACHABLE[ending.code])
    if silence and any(words in ending.details for words in _CLOSED):
        return Unreachable(party, f"closed the connection before it said anything; {silence}")
    details = outside_text(ending.details, 200)
    return Unreachable(
        party, f"the connection is lost: {details}" if details else "closed its node"
    )
