"""What is asked of the Nitro security module, and what it answers: CBOR, and nothing of I/O.

https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/src/api/mod.rs has the messages. A
request without arguments is its name, and one with arguments a map from its name to them. An answer
is the same, or ``{"Error": code}``. The answers come from the hypervisor, which is trusted with all
that is in the enclave. They are still held to their types, so that a module of another version
gives an error and no surprise.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Final, TypeGuard

import attrs
import cbor2

from partywire.errors import outside_text
from partywire_nitro_attest.document import MAX_PCRS, PCR_SIZE
from partywire_nitro_attest.security_module import (
    LOCKED,
    MOST_BYTES,
    NO_PCR,
    ModuleFailed,
    Register,
)

MAX_REQUEST: Final = 0x1000
"""Bytes of a request, at most."""
MAX_ANSWER: Final = 0x3000
"""Bytes of an answer, at most: a shorter buffer would cut it off without a word."""

REMEDIES: Final[Mapping[str, str]] = {
    "InvalidArgument": "it does not take these arguments; a module of another version may",
    "InvalidIndex": NO_PCR,
    "InvalidResponse": "its own answer was wrong; ask again",
    "ReadOnlyIndex": LOCKED,
    "InvalidOperation": "it does not do that in the state that it is in",
    "BufferTooSmall": "its answer is larger than the room for it; report this",
    "InputTooLarge": "the request is larger than it takes; report this",
    "InternalError": "a fault of its own; ask again, and start the enclave anew if it stays",
}
"""What each error of the module says, and what to do."""

_MAX_RANDOM: Final = 256
_U16: Final = 0xFFFF


@attrs.frozen
class Description:
    """What the module says of itself.

    Attributes:
        version: its three numbers.
        module_id: the enclave, as documents name it.
        max_pcrs: how many PCRs it has.
        locked: the PCRs that nobody can extend any more.
    """

    version: tuple[int, int, int]
    module_id: str
    max_pcrs: int
    locked: frozenset[int]


def request(operation: str, arguments: Mapping[str, object] | None = None) -> bytes:
    """Return a request as the module reads it.

    Raises:
        ModuleFailed: it is larger than `MAX_REQUEST`, and was not sent.
    """
    encoded = cbor2.dumps(operation if arguments is None else {operation: dict(arguments)})
    if len(encoded) > MAX_REQUEST:
        raise ModuleFailed(operation, f"a request of {len(encoded)} bytes; it takes {MAX_REQUEST}")
    return encoded


def attestation(public_key: bytes | None, user_data: bytes | None, nonce: bytes | None) -> bytes:
    """Return the request for a document.

    Raises:
        ValueError: one of the three is longer than 1024 bytes.
        ModuleFailed: see `request`.
    """
    if any(each and len(each) > MOST_BYTES for each in (public_key, user_data, nonce)):
        raise ValueError(f"a document carries {MOST_BYTES} bytes in each field at most")
    carried = {"user_data": user_data, "nonce": nonce, "public_key": public_key}
    return request("Attestation", carried)


def document_in(answer: bytes) -> bytes:
    """Return the document of an answer to `attestation`; raises `ModuleFailed`."""
    return _Answer.read("Attestation", answer).bytes("document", 1, MAX_ANSWER)


def random_in(answer: bytes) -> bytes:
    """Return the random bytes of an answer to ``GetRandom``; raises `ModuleFailed`."""
    return _Answer.read("GetRandom", answer).bytes("random", 1, _MAX_RANDOM)


def description_in(answer: bytes) -> Description:
    """Return what an answer to ``DescribeNSM`` says; raises `ModuleFailed`."""
    said = _Answer.read("DescribeNSM", answer)
    if said.get("digest") != "SHA384":
        raise said.unfit("digest", "SHA384")
    return Description(
        version=(
            said.number("version_major", _U16),
            said.number("version_minor", _U16),
            said.number("version_patch", _U16),
        ),
        module_id=said.text("module_id"),
        max_pcrs=said.number("max_pcrs", MAX_PCRS),
        locked=said.indices("locked_pcrs"),
    )


def register_in(answer: bytes) -> Register:
    """Return the PCR of an answer to ``DescribePCR``; raises `ModuleFailed`."""
    said = _Answer.read("DescribePCR", answer)
    return Register(said.bytes("data", PCR_SIZE, PCR_SIZE), said.flag("lock"))


def extended_in(answer: bytes) -> bytes:
    """Return the new value of a PCR, of an answer to ``ExtendPCR``; raises `ModuleFailed`."""
    return _Answer.read("ExtendPCR", answer).bytes("data", PCR_SIZE, PCR_SIZE)


def check_done(operation: str, answer: bytes) -> None:
    """Raise `ModuleFailed` unless an answer says that what has no result was done."""
    if _decoded(operation, answer) != operation:
        raise ModuleFailed(operation, "its answer is another one than that it was done")


def _decoded(operation: str, answer: bytes) -> object:
    """Return what an answer says, which is no error."""
    stream = BytesIO(answer)
    try:
        said = cbor2.load(stream)
    except Exception:  # whatever the library raises at bytes that are no CBOR
        raise ModuleFailed(operation, "its answer is no CBOR") from None
    if stream.tell() != len(answer):
        raise ModuleFailed(operation, "bytes follow its answer")
    if isinstance(said, dict) and "Error" in said:
        code = said["Error"] if isinstance(said["Error"], str) else "an unnamed error"
        remedy = REMEDIES.get(code, "an error that is not known here")
        raise ModuleFailed(operation, f"{outside_text(code)}: {remedy}")
    return said


@attrs.frozen
class _Answer:
    """The fields of an answer, each asked for by its type and range."""

    operation: str
    fields: Mapping[object, object] = attrs.field(repr=False)

    @classmethod
    def read(cls, operation: str, answer: bytes) -> "_Answer":
        said = _decoded(operation, answer)
        fields = said.get(operation) if isinstance(said, dict) and len(said) == 1 else None
        if not isinstance(fields, dict):
            raise ModuleFailed(operation, "its answer is another one than what was asked for")
        return cls(operation, fields)

    def get(self, field: str) -> object:
        return self.fields.get(field)

    def bytes(self, field: str, least: int, most: int) -> "bytes":
        value = self.get(field)
        if not isinstance(value, bytes) or not least <= len(value) <= most:
            raise self.unfit(field, f"{least} to {most} bytes")
        return value

    def text(self, field: str) -> str:
        value = self.get(field)
        if not isinstance(value, str) or not 1 <= len(value) <= 128:
            raise self.unfit(field, "text of 1 to 128 characters")
        return value

    def flag(self, field: str) -> bool:
        value = self.get(field)
        if not isinstance(value, bool):
            raise self.unfit(field, "true or false")
        return value

    def number(self, field: str, most: int) -> int:
        value = self.get(field)
        if not _is_number(value, most):
            raise self.unfit(field, f"a whole number up to {most}")
        return value

    def indices(self, field: str) -> frozenset[int]:
        value = self.get(field)
        if not isinstance(value, list) or not all(_is_number(each, MAX_PCRS - 1) for each in value):
            raise self.unfit(field, f"numbers of PCRs, up to {MAX_PCRS - 1}")
        return frozenset(value)

    def unfit(self, field: str, wanted: str) -> ModuleFailed:
        return ModuleFailed(self.operation, f"{field} of its answer is not {wanted}")


def _is_number(value: object, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
