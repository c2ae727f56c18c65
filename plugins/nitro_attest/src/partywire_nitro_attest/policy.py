"""What is asked of a document that was judged: which program, whose key, which party.

Every party that runs the same image has the same PCR0, PCR1 and PCR2. They say *what* runs, and
never *who* runs it: that has to come from the party's own certificate, or from pins of what differs
by party. PCR8, the signer of the image, is the same in every copy of that image; PCR3 and PCR4 say
where it runs.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal

import attrs

from partywire.errors import outside_text
from partywire_nitro_attest.document import IMAGE_PCRS, PCR_SIZE, ZERO, Document
from partywire_nitro_attest.judging import JudgedDocument
from partywire_nitro_attest.refusals import Refusal, refused

PINNED: Final = (3, 4, 8, *range(16, 32))
"""The PCRs that can be pinned: role, instance, signer of the image; the enclave's own."""
UserDataCheck = Callable[[bytes | None], object]
"""Looks at the user data of a judged document, and returns None or raises.

Any exception refuses, and so does any other value: a check that says False must not let anybody in.
"""


class Unchecked(Enum):
    """The type of `NOT_CHECKED`."""

    NOT_CHECKED = "not checked"


NOT_CHECKED: Final = Unchecked.NOT_CHECKED
"""In place of a key: the document is bound to no connection, and proves nothing about any."""


@attrs.frozen
class Release:
    """An image that is trusted: its three measurements, which count together.

    Attributes:
        name: what people call it.
        pcr0: of the image, 48 bytes.
        pcr1: of kernel and boot, 48 bytes.
        pcr2: of the application, 48 bytes.

    Raises:
        ValueError: one of them is not 48 bytes, or all are zero, as they are in debug mode.
    """

    name: str
    pcr0: bytes
    pcr1: bytes
    pcr2: bytes

    def __attrs_post_init__(self) -> None:
        """Refuse what no image has."""
        if any(len(pcr) != PCR_SIZE for pcr in self.measurements):
            raise ValueError(f"a PCR is {PCR_SIZE} bytes")
        if all(pcr == ZERO for pcr in self.measurements):
            raise ValueError("these are the zeros of debug mode, which every program has there")

    @property
    def measurements(self) -> tuple[bytes, bytes, bytes]:
        """PCR0, PCR1 and PCR2."""
        return self.pcr0, self.pcr1, self.pcr2


def check_pins(pins: Mapping[int, Sequence[bytes]]) -> None:
    """Raise `ValueError`, in words, for a pin that proves nothing; zeros are no value."""
    for index, values in pins.items():
        if index not in PINNED:
            raise ValueError(f"PCR{index} cannot be pinned")
        if not values:
            raise ValueError(f"PCR{index} is pinned to no value, so no document could ever pass")
        if any(len(value) != PCR_SIZE or value == ZERO for value in values):
            raise ValueError(f"PCR{index} is pinned to {PCR_SIZE} bytes, and not to zeros")


def _unchangeable(pins: Mapping[int, Sequence[bytes]]) -> Mapping[int, tuple[bytes, ...]]:
    check_pins(pins)
    return MappingProxyType({index: tuple(values) for index, values in pins.items()})


@attrs.frozen
class Policy:
    """What is asked of the document of one party.

    Attributes:
        releases: the images that are trusted; none of them means that no document passes.
        pins: by number, the values of which a PCR of `PINNED` has to be one for this party.
        check_user_data: looks at the user data, where something has to hold for it.

    Raises:
        ValueError: a pin is of another PCR, has no value, or one that is not 48 bytes, or zero, as
            is a PCR that nobody has set.
    """

    releases: tuple[Release, ...]
    pins: Mapping[int, Sequence[bytes]] = attrs.field(factory=dict, converter=_unchangeable)
    check_user_data: UserDataCheck | None = None


def judge_policy(
    judged: JudgedDocument,
    policy: Policy,
    *,
    public_key: bytes | Literal[Unchecked.NOT_CHECKED],
    nonce: bytes | None = None,
) -> Release | None:
    """Hold a judged document to a policy, by the steps of `Step` from ``KEY`` on.

    Args:
        judged: a document that was judged.
        policy: what is asked of it.
        public_key: the key of the connection: a SubjectPublicKeyInfo in DER, compared byte for
            byte. `NOT_CHECKED` is for tools that have a document and no connection.
        nonce: what the document was asked to hold, or None where it was not asked for by a nonce.

    Returns:
        The release that runs there; None for an enclave in debug mode, which `Trust` has to allow:
        its measurements are zero, and say nothing.

    Raises:
        Refused: at the first step that does not pass.
    """
    document = judged.document
    if public_key is not NOT_CHECKED:
        check_key(document, public_key)
    release = None if document.debug else _release(document, policy)
    for index, pinned in policy.pins.items():
        _check_pin(document, index, pinned)
    if policy.check_user_data is not None:
        _check_user_data(document, policy.check_user_data)
    if nonce is not None and document.nonce != nonce:
        raise refused(Refusal.NONCE)
    return release


def pcr_of_certificate(der: bytes) -> bytes:
    """Return PCR8 of an image that was signed with the key of that certificate, given in DER.

    A PCR is extended from zeros by the hash of what it measures, and that is here the hash of the
    certificate. The plain SHA-384 of the certificate is in no PCR.
    """
    return hashlib.sha384(ZERO + hashlib.sha384(der).digest()).digest()


def pcr_of_text(text: str) -> bytes:
    """Return PCR3 of the ARN of a role, or PCR4 of the id of an instance."""
    return hashlib.sha384(ZERO + text.encode()).digest()


def check_key(document: Document, public_key: bytes) -> None:
    """Check that a document is of that key: a SubjectPublicKeyInfo in DER.

    Raises:
        Refused: at the step ``KEY``.
    """
    if document.public_key is None:
        raise refused(Refusal.KEY_ABSENT)
    if document.public_key != public_key:
        raise refused(Refusal.KEY_OTHER)


def _release(document: Document, policy: Policy) -> Release:
    measured = tuple(document.pcrs[index] for index in IMAGE_PCRS)
    for release in policy.releases:
        if release.measurements == measured:
            return release
    pcr0, pcr1, pcr2 = (pcr.hex() for pcr in measured)
    names = ", ".join(release.name for release in policy.releases) or "none"
    raise refused(Refusal.RELEASE_UNKNOWN, pcr0=pcr0, pcr1=pcr1, pcr2=pcr2, names=names)


def _check_pin(document: Document, index: int, pinned: Sequence[bytes]) -> None:
    found = document.pcrs.get(index)
    if found is None:
        raise refused(Refusal.PCR_MISSING, index=index)
    if found not in pinned:
        names = " or ".join(value.hex() for value in pinned)
        raise refused(Refusal.PCR_OTHER, index=index, found=found.hex(), pinned=names)


def _check_user_data(document: Document, check: UserDataCheck) -> None:
    try:
        found = check(document.user_data)
    except Exception as error:
        why = f"the check of its user data refuses it: {outside_text(str(error), 128)}"
        raise refused(Refusal.USER_DATA, why=why) from error
    if found is not None:
        why = f"the check of its user data returned a {type(found).__name__}, and not None"
        raise refused(Refusal.USER_DATA, why=why)
