"""Every refusal of a document: its code, the step that refuses, and its sentence.

A code is its member's name in lower case with hyphens. Codes are stable: programs may act on them.
"""

from enum import Enum
from typing import ClassVar, Final, Self

import attrs

from partywire.errors import EvidenceInvalid
from partywire.errors.base import error

UNNAMED: Final = "an unnamed party"
"""Who is refused, where nobody said yet whose document it should be."""


class Step(Enum):
    """The steps of judging, in their order: a step is taken once all before it have passed."""

    CARRIER = "the certificate that it came in"
    SIZE = "the size"
    FORM = "the form: strict COSE and CBOR"
    FIELDS = "the fields"
    TIME = "the age"
    CHAIN = "the chain of certificates, from a trusted root"
    SIGNATURE = "the signature"
    MODULE = "the module, as its certificate names it"
    DEBUG = "no debug mode"
    KEY = "the key of the connection"
    RELEASE = "the program, as a trusted release"
    PINS = "the measurements of this party"
    USER_DATA = "the user data"
    NONCE = "the nonce"


class Refusal(Enum):
    """Why a document is refused; the sentence has the names of its facts in braces."""

    CARRIER_UNREADABLE = Step.CARRIER, "the extensions of the certificate cannot be read: {why}"
    CARRIER_ABSENT = (
        Step.CARRIER,
        "the certificate carries no attestation document, as {plain} or as {wrapped}",
    )
    CARRIER_TWICE = Step.CARRIER, "the certificate carries two attestation documents"
    CARRIER_DER = (
        Step.CARRIER,
        "the conceptual message is not exactly one OCTET STRING or UTF8String in DER",
    )
    CARRIER_RECORD = Step.CARRIER, "the conceptual message is not [media type, document, 4]: {why}"
    CARRIER_MEDIA_TYPE = Step.CARRIER, "the conceptual message is of {found}, and not of {wanted}"

    SIZE = Step.SIZE, "{size} bytes; a document has 1 to {most}"

    CBOR_TRUNCATED = Step.FORM, "the bytes end within an item, at {at}"
    CBOR_TRAILING = Step.FORM, "bytes follow the end of the item, at {at}"
    CBOR_NOT_MINIMAL = Step.FORM, "a number or a length is longer than it has to be, at {at}"
    CBOR_INDEFINITE = Step.FORM, "an item of indefinite length, at {at}; only the payload may be"
    CBOR_TYPE = Step.FORM, "an item that no document has, at {at}: {what}"
    CBOR_DEPTH = Step.FORM, "items stand within each other more than {most} deep, at {at}"
    CBOR_KEY = Step.FORM, "a key of a map is neither a number nor text nor bytes, at {at}"
    CBOR_DUPLICATE_KEY = Step.FORM, "a key stands twice in one map, at {at}"
    CBOR_TEXT = Step.FORM, "text that is not UTF-8, at {at}"
    COSE_ARRAY = Step.FORM, "not an array of four items, as a COSE_Sign1 is"
    COSE_PROTECTED = Step.FORM, "the protected header is not exactly that of ES384 (a1013822)"
    COSE_UNPROTECTED = Step.FORM, "the unprotected header is not empty"
    COSE_PAYLOAD = Step.FORM, "the payload is not bytes, or is empty"
    COSE_SIGNATURE = Step.FORM, "the signature is not exactly 96 bytes"
    PAYLOAD_MAP = Step.FORM, "the payload is not a map"

    NITRO_TPM = (
        Step.FIELDS,
        "a document of a NitroTPM: it speaks of an ordinary machine, whose operator is root",
    )
    FIELD_MISSING = Step.FIELDS, "{field} is missing, or null"
    FIELD_TYPE = Step.FIELDS, "{field} is not {wanted}"
    FIELD_RANGE = Step.FIELDS, "{field} is out of range: {wanted}"
    FIELD_UNKNOWN = Step.FIELDS, "a field that is not known: {field}; such are refused here"

    TIME_FUTURE = (
        Step.TIME,
        "its time is {ahead:.1f} s ahead of this clock, and {most:.1f} s are allowed; "
        "compare this clock with the time of day",
    )
    TIME_TOO_OLD = (
        Step.TIME,
        "it is {age:.0f} s old, and {most:.0f} s are allowed; the attester has to renew it",
    )

    CHAIN_CERTIFICATE = Step.CHAIN, "{certificate} cannot be read: {why}"
    CHAIN_ROOT = Step.CHAIN, "its root is not trusted here: SHA-256 {fingerprint}"
    CHAIN_REPEATED = Step.CHAIN, "{certificate} has the name of one that stands before it"
    CHAIN_ORDER = Step.CHAIN, "{certificate} was not issued in the name of the one before it"
    CHAIN_ALGORITHM = Step.CHAIN, "{certificate} is not of P-384 with SHA-384"
    CHAIN_EXPIRED = Step.CHAIN, "{certificate} expired at {end}; the attester has to renew it"
    CHAIN_NOT_YET = Step.CHAIN, "{certificate} is not valid before {begin}; compare the clocks"
    CHAIN_PATH = Step.CHAIN, "no path from the root to the signing certificate holds: {why}"

    SIGNATURE_RANGE = Step.SIGNATURE, "a number of the signature is 0, or not below the order"
    SIGNATURE = Step.SIGNATURE, "not signed by the key of its certificate"
    SIGNATURE_TIME = Step.SIGNATURE, "its time is outside the life of its signing certificate"

    MODULE_KIND = Step.MODULE, "its module_id is not that of an enclave: {module}"
    MODULE_OTHER = Step.MODULE, "the signing certificate is of another module than {module}"

    DEBUG = (
        Step.DEBUG,
        "the enclave runs in debug mode, and its operator reads all its memory; "
        "start it without --debug-mode",
    )

    KEY_ABSENT = Step.KEY, "no public key is in it"
    KEY_OTHER = Step.KEY, "its public key is not the one of this connection"
    RELEASE_UNKNOWN = (
        Step.RELEASE,
        "no trusted release has these measurements together: "
        "PCR0 {pcr0}, PCR1 {pcr1}, PCR2 {pcr2}; trusted here: {names}",
    )
    PCR_MISSING = Step.PINS, "PCR{index} is not in it, and is pinned"
    PCR_OTHER = Step.PINS, "PCR{index} is {found}, and is pinned to {pinned}"
    USER_DATA = Step.USER_DATA, "{why}"
    NONCE = Step.NONCE, "its nonce is not the one that was asked for"

    def __init__(self, step: Step, sentence: str) -> None:
        self.step = step
        self.sentence = sentence

    @property
    def code(self) -> str:
        """The stable code, such as ``cbor-trailing``."""
        return self.name.lower().replace("_", "-")


@error
class Refused(EvidenceInvalid):
    """A document is refused, at the first step that it does not pass.

    Attributes:
        expected: whose document it should be, or `UNNAMED`.
        problem: the sentence, with its facts; text of the document is escaped and cut.
        refusal: which refusal it is: its ``code`` and its ``step``.
    """

    refusal: Refusal
    said: ClassVar[str] = "attestation of {expected} refused ({code}): {problem}"

    def __str__(self) -> str:
        """Return the sentence, with the code."""
        return self.said.format(
            expected=self.expected, code=self.refusal.code, problem=self.problem
        )

    def about(self, party: str) -> Self:
        """Return the same refusal with the name of the party whose document it should be."""
        return attrs.evolve(self, expected=party)


def refused(refusal: Refusal, **facts: object) -> Refused:
    """Return the error of a refusal; ``facts`` are what its sentence names."""
    return Refused(UNNAMED, refusal.sentence.format_map(facts), refusal)
