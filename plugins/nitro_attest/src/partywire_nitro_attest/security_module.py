"""Who makes attestation documents for the code that runs here."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

import attrs

from partywire.errors import PartywireError
from partywire.errors.base import error

MOST_BYTES: Final = 1024
"""Of each thing that a document is asked to carry."""
LOCKED: Final = "that PCR is locked, until the enclave is started anew"
NO_PCR: Final = "it has no PCR of that number"


@error
class ModuleFailed(PartywireError):
    """The security module has not done what it was asked for; what was asked for did not happen.

    Attributes:
        operation: what it was asked for, such as ``Attestation``.
        problem: why not, and what to do about it.
    """

    operation: str
    problem: str
    said: ClassVar[str] = "the security module failed at {operation}: {problem}"


BACKDATED: Final = 3.0
"""Seconds by which signing certificates begin before they were made."""
EARLY: Final = 900.0
"""Seconds before the end of its signing certificate at which a module of AWS has the next one."""


def renewed_before_end(life: float) -> float:
    """Return how early a signing certificate that lives for so many seconds is renewed.

    Those of AWS live for three hours. In shorter lives, which only development modules give, it is
    half of the life: a share as small as AWS's would leave no time to take the next one over.
    """
    return min(EARLY, life / 2)


class SecurityModule(ABC):
    """Signs what it has measured of the code that asks it.

    A call may block for as long as the module takes. One call is made at a time.
    """

    @abstractmethod
    def attest(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        """Return a new document, a COSE_Sign1 message, that carries these bytes as they are.

        None of them is understood or checked, except for its length: 1024 bytes at most.

        Raises:
            ValueError: one of them is longer.
            ModuleFailed: the module did not answer, or with an error.
        """


@attrs.frozen
class Register:
    """A PCR: its value, 48 bytes, and whether it is locked."""

    value: bytes = attrs.field(repr=False)
    locked: bool


class MeasuringModule(SecurityModule):
    """Lets the code that asks it extend PCRs, too: those from 16 on, which no image has set.

    Every call raises `ModuleFailed` where the module did not do it.
    """

    @abstractmethod
    def register(self, index: int) -> Register:
        """Return what is in a PCR."""

    @abstractmethod
    def extend(self, index: int, data: bytes) -> bytes:
        """Extend a PCR, and return its new value: SHA-384 of the old value followed by the data.

        Raises:
            ValueError: the data is not a hash of 48 bytes.
        """

    @abstractmethod
    def lock(self, index: int) -> None:
        """Lock a PCR: nobody can extend it until the enclave is started anew."""
