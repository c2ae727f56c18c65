"""Judging a document: from untrusted bytes to what an enclave said, step by step.

The order is the point. Nothing of the payload is believed before its signature was verified, by a
key that a trusted root vouches for, and each step bounds the work of the next one.
"""

import hashlib
from typing import Final

import attrs

from partywire.errors import outside_text
from partywire_nitro_attest.chain import Chain, verify_chain
from partywire_nitro_attest.document import Document, read_document
from partywire_nitro_attest.envelope import check_signature, read_envelope
from partywire_nitro_attest.refusals import Refusal, refused
from partywire_nitro_attest.roots import AWS_ROOTS, Roots

MAX_AGE: Final = 11_100.0
"""Seconds: signing certificates live for three hours, and five minutes are for the clocks."""
CLOCK_SKEW: Final = 60.0
"""Seconds."""
_ONLY_JUDGE: Final = object()


@attrs.frozen
class Trust:
    """What is taken from whoever signs documents.

    Attributes:
        roots: where chains may begin.
        max_age: how old a document may be, in seconds.
        clock_skew: how far it may be ahead of this clock, in seconds.
        refuse_unknown_fields: whether a field that nobody here knows is a refusal. Otherwise it is
            named in `Document.unknown`: AWS may add one, and has signed it.
        allow_debug: whether an enclave in debug mode may pass, whose operator reads its memory.
    """

    roots: Roots = AWS_ROOTS
    max_age: float = MAX_AGE
    clock_skew: float = CLOCK_SKEW
    refuse_unknown_fields: bool = False
    allow_debug: bool = False


class JudgedDocument:
    """What an enclave said, proved; only `judge_document` makes one.

    It says what runs there and never who runs it. Whether that is trusted is for `judge_policy`.

    Attributes:
        document: the fields.
        chain: its certificates.
        valid_until: seconds since 1970 at which the first certificate of its chain ends.
        signer_until: seconds since 1970 at which the certificate that signed it ends.
        sha256: SHA-256 of the signed payload, in hexadecimal digits: what tells documents apart. A
            hash of the whole document would not, as anyone can give a signature its other form.
        development: whether it is of a development security module, and proves nothing.
    """

    __slots__ = ("chain", "development", "document", "sha256", "signer_until", "valid_until")

    def __init__(
        self, document: Document, chain: Chain, *, sha256: str, development: bool, made_by: object
    ) -> None:
        """Refuse to be made by anything but `judge_document`."""
        if made_by is not _ONLY_JUDGE:
            raise TypeError("a JudgedDocument is made by judge_document, from bytes")
        self.document: Final = document
        self.chain: Final = chain
        self.valid_until: Final = chain.valid_until
        self.signer_until: Final = chain.not_after
        self.sha256: Final = sha256
        self.development: Final = development

    def __repr__(self) -> str:
        """Return which document it is, and until when it holds."""
        return f"JudgedDocument({self.sha256}, valid_until={self.valid_until})"


def judge_document(
    raw: bytes, *, now: float, trust: Trust, known: JudgedDocument | None = None
) -> JudgedDocument:
    """Judge a document, by the steps of `Step` up to ``DEBUG``.

    Pure, and bounded in time and memory, whatever the bytes are. Which program it is, whose key it
    holds and what was asked for are not checked: see `judge_policy`.

    Args:
        raw: untrusted bytes.
        now: seconds since 1970.
        trust: what is taken from whoever signs documents.
        known: a document that was judged before. Enclaves sign by one chain for hours, and it takes
            most of the time; it is not verified again where that document has the same one, under
            the same roots, and it holds now as well.

    Raises:
        Refused: at the first step that does not pass; all steps before it have.
    """
    envelope = read_envelope(raw)
    document = read_document(envelope.fields)
    _check_unknown_fields(document, trust)
    _check_age(document, now, trust)
    former = None if known is None else known.chain
    chain = verify_chain(document, trust.roots, max(now, document.time), former)
    check_signature(envelope, chain.key)
    _check_life(document, chain)
    _check_module(document, chain)
    if document.debug and not trust.allow_debug:
        raise refused(Refusal.DEBUG)
    return JudgedDocument(
        document,
        chain,
        sha256=hashlib.sha256(envelope.payload).hexdigest(),
        development=trust.roots.development,
        made_by=_ONLY_JUDGE,
    )


def _check_unknown_fields(document: Document, trust: Trust) -> None:
    if document.unknown and trust.refuse_unknown_fields:
        raise refused(Refusal.FIELD_UNKNOWN, field=", ".join(document.unknown))


def _check_age(document: Document, now: float, trust: Trust) -> None:
    age = now - document.time
    if not age >= -trust.clock_skew:  # so that no clock that gives no number lets anything pass
        raise refused(Refusal.TIME_FUTURE, ahead=-age, most=trust.clock_skew)
    if not age <= trust.max_age:
        raise refused(Refusal.TIME_TOO_OLD, age=age, most=trust.max_age)


def _check_life(document: Document, chain: Chain) -> None:
    """A document is made while its certificate is valid, or somebody has kept the key."""
    if not chain.not_before <= document.time <= chain.not_after:
        raise refused(Refusal.SIGNATURE_TIME)


def _check_module(document: Document, chain: Chain) -> None:
    """A NitroTPM of an ordinary machine has the same root, and a module_id of another kind."""
    module = document.module_id
    if "-enc" not in module:
        raise refused(Refusal.MODULE_KIND, module=outside_text(module))
    if not chain.module.startswith(f"{module}."):
        raise refused(Refusal.MODULE_OTHER, module=outside_text(module))
