"""Judging a document step by step, for who wants to see each of them."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

import attrs

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest.attested import check_end, read_attested
from partywire_nitro_attest.commands.reading import Read
from partywire_nitro_attest.judging import JudgedDocument, Trust, judge_document
from partywire_nitro_attest.policy import NOT_CHECKED, Policy, Release, judge_policy
from partywire_nitro_attest.refusals import UNNAMED, Refused, Step

_NO_CONNECTION: Final = "there is no connection, so nothing says who holds the key in the document"
_OF_CERTIFICATE: Final = (
    "it is that of the certificate; there is no connection, so nothing says who holds it"
)
_ALONE: Final = "the document stands alone"
_BY_TLS: Final = "TLS has proved that whoever answers at {} holds it; who that is, nobody asked"
_UNASKED: Final = {
    Step.KEY: _NO_CONNECTION,
    Step.PINS: "they are a matter of a party's config",
    Step.USER_DATA: "only a program knows what it means",
    Step.NONCE: "nobody asked for this document, so it may be a copy",
}
_DEBUG_ALLOWED: Final = (
    "it runs in debug mode, which is allowed here; its operator reads its memory"
)
_DEBUG_RELEASE: Final = "in debug mode the measurements are zero, whatever runs there"


class Status(Enum):
    """What came of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"
    NOT_REACHED = "not reached"


@attrs.frozen
class Outcome:
    """What came of a step.

    Attributes:
        step: which one.
        status: what came of it.
        said: more about it, where there is more; text of the document is escaped.
        code: of the refusal, where it failed; empty for one of the certificate around a document.
    """

    step: Step
    status: Status
    said: str = ""
    code: str = ""


@attrs.frozen
class Verification:
    """What came of a document.

    Attributes:
        outcomes: of each step, in order.
        judged: what it says, where all steps before the policy have passed.
        release: which of the trusted ones it runs, where that was found.
        refused: why it is refused, where it is.
    """

    outcomes: Sequence[Outcome]
    judged: JudgedDocument | None
    release: Release | None
    refused: EvidenceInvalid | None


def verified(
    read: Read, *, now: float, trust: Trust, releases: tuple[Release, ...]
) -> Verification:
    """Judge a document, and hold it to a list of releases.

    Args:
        read: the document, or the certificate that carries it; untrusted.
        now: seconds since 1970.
        trust: what is taken from whoever signs documents.
        releases: the images that are trusted.
    """
    judged = release = refusal = None
    name = UNNAMED if read.server is None else str(read.server)
    try:
        attested = None if read.leaf is None else read_attested(read.leaf.der, name, now)
        raw = read.content if attested is None else attested.document
        judged = judge_document(raw, now=now, trust=trust)
        if attested is not None:
            check_end(attested, judged, name)
        key = NOT_CHECKED if attested is None else attested.leaf.spki
        release = judge_policy(judged, Policy(releases), public_key=key)
    except EvidenceInvalid as error:
        refusal = error
    return Verification(_outcomes(judged, refusal, read), judged, release, refusal)


def _outcomes(
    judged: JudgedDocument | None, refused: EvidenceInvalid | None, read: Read
) -> list[Outcome]:
    """Return what the order of the steps tells: all of them before a refusal have passed."""
    found: list[Outcome] = []
    steps = iter(Step)
    failed = None if refused is None else _failed(refused)
    for step in steps:
        if failed is not None and step is failed.step:
            found.append(failed)
            break
        found.append(_passed(step, judged, read))
    return found + [Outcome(step, Status.NOT_REACHED) for step in steps]


def _failed(refused: EvidenceInvalid) -> Outcome:
    """What is no refusal of a document is one of the certificate that it came in."""
    if isinstance(refused, Refused):
        reason = refused.refusal
        return Outcome(reason.step, Status.FAILED, refused.problem, reason.code)
    return Outcome(Step.CARRIER, Status.FAILED, refused.problem)


def _passed(step: Step, judged: JudgedDocument | None, read: Read) -> Outcome:
    if read.leaf is None and step is Step.CARRIER:
        return Outcome(step, Status.NOT_CHECKED, _ALONE)
    if read.leaf is not None and step is Step.KEY:
        if read.server is None:
            return Outcome(step, Status.NOT_CHECKED, _OF_CERTIFICATE)
        return Outcome(step, Status.PASSED, _BY_TLS.format(read.server))
    debug = judged is not None and judged.document.debug
    if step in _UNASKED:
        return Outcome(step, Status.NOT_CHECKED, _UNASKED[step])
    if debug and step is Step.DEBUG:
        return Outcome(step, Status.NOT_CHECKED, _DEBUG_ALLOWED)
    if debug and step is Step.RELEASE:
        return Outcome(step, Status.NOT_CHECKED, _DEBUG_RELEASE)
    return Outcome(step, Status.PASSED)
