"""Who makes attestation documents for the code that runs here."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from partywire.errors import PartywireError
from partywire.errors.base import error

MOST_BYTES: Final = 1024
"""Of each thing that a document is asked to carry."""


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
