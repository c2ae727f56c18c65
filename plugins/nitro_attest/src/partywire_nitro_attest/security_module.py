"""Who makes attestation documents for the code that runs here."""

from abc import ABC, abstractmethod
from typing import Final

MOST_BYTES: Final = 1024
"""Of each thing that a document is asked to carry."""


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
        """
