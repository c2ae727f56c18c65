"""What a call of the reference wire comes to: a status of the core, as gRPC tells it."""

from typing import Final

import attrs
import grpc
from google.protobuf.message import DecodeError

from partywire.delivery.records import Status
from partywire.errors import (
    IdentityError,
    Malformed,
    PartywireError,
    Rejected,
    TransportError,
    Unreachable,
    outside_text,
)
from partywire_grpc._protocol import reference_pb2
from partywire_grpc.endings import Code, Ending, error_of


@attrs.frozen
class Answer:
    """What a caller is told: a code and, where that is OK, the bytes of the answer."""

    code: grpc.StatusCode
    message: bytes = b""


CHECKED: Final = Answer(Code.OK)
"""The answer to a health check."""

_TOLD: Final = frozenset({Status.ACTIVE, Status.INACTIVE, Status.COMPLETED})
_REFUSED: Final = {
    Status.FULL: Code.RESOURCE_EXHAUSTED,
    Status.QUOTA: Code.RESOURCE_EXHAUSTED,
    Status.NOT_MEMBER: Code.NOT_FOUND,
    Status.TOO_LARGE: Code.OUT_OF_RANGE,
}
_FAULTS: Final[tuple[tuple[type[PartywireError], grpc.StatusCode], ...]] = (
    (Malformed, Code.ABORTED),
    (IdentityError, Code.UNAUTHENTICATED),
    (Unreachable, Code.UNAVAILABLE),
    (TransportError, Code.PERMISSION_DENIED),
)

_STATUSES: Final = {Code.RESOURCE_EXHAUSTED: Status.FULL, Code.NOT_FOUND: Status.NOT_MEMBER}
_REJECTED: Final = {
    Code.UNAUTHENTICATED: "refused our identity, or the sender that our tag names",
    Code.ABORTED: "found our tag malformed",
    Code.INVALID_ARGUMENT: "found our request malformed",
    Code.FAILED_PRECONDITION: "does not speak the reference wire with us",
    Code.UNIMPLEMENTED: "has no reference wire at this address",
    Code.PERMISSION_DENIED: "does not let us call",
    Code.OUT_OF_RANGE: "takes no message that large",
    Code.ALREADY_EXISTS: "refused a message that it has already",
    Code.DATA_LOSS: "lost a message",
}
_UNREACHABLE: Final = {
    Code.DEADLINE_EXCEEDED: "has not answered in time",
    Code.CANCELLED: "ended the call",
    Code.INTERNAL: "failed",
    Code.UNKNOWN: "failed",
}


def answer_of(status: Status) -> Answer:
    """Return how a caller is told a status; one that this wire has no word for is a failure."""
    if status in _TOLD:
        message = reference_pb2.SendValueResponse(status=status.name)
        return Answer(Code.OK, message.SerializeToString())
    return Answer(_REFUSED.get(status, Code.INTERNAL))


def code_of(error: Exception) -> grpc.StatusCode:
    """Return the code for a call that failed here."""
    return next((code for kind, code in _FAULTS if isinstance(error, kind)), Code.INTERNAL)


def status_of(party: str, message: bytes) -> Status:
    """Return what a peer's answer says. Raises `Rejected` where it is none."""
    response = reference_pb2.SendValueResponse()
    try:
        response.ParseFromString(message)
    except DecodeError:
        raise Rejected(party, "its answer is malformed") from None
    if response.status not in reference_pb2.Status.values():
        raise Rejected(party, f"its answer has the status {response.status}, which nobody knows")
    return Status(response.status)


def refusal_of(party: str, ending: Ending) -> Status | TransportError:
    """Return what it means that a call to a party ended with a code that is not OK."""
    if ending.code in _STATUSES:
        return _STATUSES[ending.code]
    said = f": {outside_text(ending.details, 200)}" if ending.details else ""
    if ending.code in _REJECTED:
        return Rejected(party, f"{_REJECTED[ending.code]}{said}")
    if ending.code in _UNREACHABLE:
        return Unreachable(party, f"{_UNREACHABLE[ending.code]}{said}")
    return error_of(party, ending)
