"""The fields of an attestation document, as AWS describes them and its security module writes them.

https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeGuard

import attrs

from partywire.errors import outside_text
from partywire_nitro_attest.cbor import Item, Key
from partywire_nitro_attest.refusals import Refusal, Refused, refused

PCR_SIZE: Final = 48
"""Bytes of a PCR: a SHA-384."""
MAX_PCRS: Final = 32
MIN_BUNDLE: Final = 2
"""Certificates of a bundle, at least: a root itself issues none that sign documents."""
MAX_BUNDLE: Final = 8
MAX_CERTIFICATE: Final = 1024
MAX_DATA: Final = 1024
"""Bytes of the public key, the user data and the nonce, at most, each."""
MAX_MODULE_ID: Final = 128
IMAGE_PCRS: Final = (0, 1, 2)
"""The PCRs that say which image runs; they are zero in debug mode."""
ZERO: Final = bytes(PCR_SIZE)

_TPM: Final = "nitrotpm_pcrs"
_KNOWN: Final = frozenset(
    {
        "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key",
        "user_data", "nonce",
    }
)  # fmt: skip
_MOST_NAMED: Final = 8
_Fields = Mapping[Key, Item]


@attrs.frozen
class Document:
    """What a document says; whether that is true, only `judge_document` knows.

    Attributes:
        module_id: the module that signs, such as ``i-0123456789abcdef0-enc0123456789abcdef``.
        timestamp: when it was made, in milliseconds since 1970.
        pcrs: the measurements, 48 bytes each, by number.
        certificate: the signing certificate, in DER.
        cabundle: the certificates above it, in DER, from the root down.
        public_key: what the enclave gave as its key.
        user_data: what else the enclave gave.
        nonce: what the enclave was asked to give.
        unknown: names of fields that nobody here knows, escaped; the first few.
    """

    module_id: str
    timestamp: int
    pcrs: Mapping[int, bytes] = attrs.field(repr=False)
    certificate: bytes = attrs.field(repr=False)
    cabundle: tuple[bytes, ...] = attrs.field(repr=False)
    public_key: bytes | None = attrs.field(repr=False)
    user_data: bytes | None = attrs.field(repr=False)
    nonce: bytes | None = attrs.field(repr=False)
    unknown: tuple[str, ...] = ()

    @property
    def time(self) -> float:
        """When it was made, in seconds since 1970."""
        return self.timestamp / 1000

    @property
    def debug(self) -> bool:
        """Whether the enclave runs in debug mode: PCR0, PCR1 and PCR2 are zero then, and no more.

        PCR4 is the instance, in debug mode too.
        """
        return all(self.pcrs[index] == ZERO for index in IMAGE_PCRS)


def read_document(fields: _Fields) -> Document:
    """Return what the fields of a payload say.

    Presence, types and ranges are checked, and nothing else.

    Args:
        fields: the payload's map, decoded and untrusted.

    Raises:
        Refused: at the step ``FIELDS``.
    """
    if _TPM in fields:
        raise refused(Refusal.NITRO_TPM)
    _check_digest(fields)
    return Document(
        module_id=_module_id(fields),
        timestamp=_timestamp(fields),
        pcrs=_pcrs(fields),
        certificate=_bytes(_needed(fields, "certificate"), "certificate", 1, MAX_CERTIFICATE),
        cabundle=_bundle(fields),
        public_key=_optional(fields, "public_key", 1),
        user_data=_optional(fields, "user_data", 0),
        nonce=_optional(fields, "nonce", 0),
        unknown=tuple(_name(key) for key in fields if key not in _KNOWN)[:_MOST_NAMED],
    )


def _module_id(fields: _Fields) -> str:
    given = _needed(fields, "module_id")
    if not isinstance(given, str):
        raise _wrong_type("module_id", "text")
    if not 1 <= len(given) <= MAX_MODULE_ID:
        raise _out_of_range("module_id", f"1 to {MAX_MODULE_ID} characters")
    return given


def _check_digest(fields: _Fields) -> None:
    given = _needed(fields, "digest")
    if not isinstance(given, str):
        raise _wrong_type("digest", "text")
    if given != "SHA384":
        raise _out_of_range("digest", "SHA384")


def _timestamp(fields: _Fields) -> int:
    given = _needed(fields, "timestamp")
    if not _is_number(given):
        raise _wrong_type("timestamp", "a whole number")
    if given <= 0:
        raise _out_of_range("timestamp", "after 1970")
    return given


def _pcrs(fields: _Fields) -> Mapping[int, bytes]:
    given = _needed(fields, "pcrs")
    if not isinstance(given, dict):
        raise _wrong_type("pcrs", "a map")
    pcrs: dict[int, bytes] = {}
    for index, value in given.items():
        if not _is_number(index):
            raise _wrong_type("a key of pcrs", "a whole number")
        if not 0 <= index < MAX_PCRS:
            raise _out_of_range("a key of pcrs", f"0 to {MAX_PCRS - 1}")
        pcrs[index] = _bytes(value, f"PCR{index}", PCR_SIZE, PCR_SIZE)
    for index in IMAGE_PCRS:
        if index not in pcrs:
            raise refused(Refusal.FIELD_MISSING, field=f"PCR{index}")
    return MappingProxyType(pcrs)


def _bundle(fields: _Fields) -> tuple[bytes, ...]:
    given = _needed(fields, "cabundle")
    if not isinstance(given, list):
        raise _wrong_type("cabundle", "an array")
    if not MIN_BUNDLE <= len(given) <= MAX_BUNDLE:
        raise _out_of_range("cabundle", f"{MIN_BUNDLE} to {MAX_BUNDLE} certificates")
    return tuple(_bytes(each, "a certificate of cabundle", 1, MAX_CERTIFICATE) for each in given)


def _optional(fields: _Fields, field: str, least: int) -> bytes | None:
    given = fields.get(field)
    return None if given is None else _bytes(given, field, least, MAX_DATA)


def _needed(fields: _Fields, field: str) -> Item:
    given = fields.get(field)
    if given is None:
        raise refused(Refusal.FIELD_MISSING, field=field)
    return given


def _bytes(given: Item, field: str, least: int, most: int) -> bytes:
    if not isinstance(given, bytes):
        raise _wrong_type(field, "bytes")
    if not least <= len(given) <= most:
        wanted = f"{least} bytes" if least == most else f"{least} to {most} bytes"
        raise _out_of_range(field, wanted)
    return given


def _is_number(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool)


def _wrong_type(field: str, wanted: str) -> Refused:
    return refused(Refusal.FIELD_TYPE, field=field, wanted=wanted)


def _out_of_range(field: str, wanted: str) -> Refused:
    return refused(Refusal.FIELD_RANGE, field=field, wanted=wanted)


def _name(key: Key) -> str:
    return outside_text(key) if isinstance(key, str) else f"a key that is {type(key).__name__}"
