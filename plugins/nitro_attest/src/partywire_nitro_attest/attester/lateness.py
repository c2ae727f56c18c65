"""A renewal that does not come: who is told, and how often."""

import logging
from enum import IntEnum
from typing import Final

from partywire.errors import PartywireError
from partywire.probing import in_words
from partywire_grpc.certificates.rules import utc_text
from partywire_nitro_attest.attester.issuing import TRIES, Issued

_log = logging.getLogger("partywire")

_AGAIN: Final = TRIES
"""How many tries pass between two lines that say the same."""


class Stage(IntEnum):
    """How late it is."""

    IN_TIME = 0
    LATE = 1
    EXPIRED = 2


def stage(shown: Issued, now: float) -> Stage:
    """Return how late it is: late begins halfway from the first try of renewal to the end."""
    if now >= shown.end:
        return Stage.EXPIRED
    return Stage.LATE if now >= (shown.renewable + shown.end) / 2 else Stage.IN_TIME


class Lateness:
    """Warns of one certificate that is not renewed.

    The first failure is logged at once, and each further stage; after that every 15th try is.
    """

    def __init__(self, party: str) -> None:
        """Begin with a certificate that was just taken."""
        self._party = party
        self._stage = Stage.IN_TIME
        self._quiet = 0
        self._why = ""

    def failed(self, error: Exception) -> None:
        """A try has failed. Of a foreign error only its kind is told: its text may be of a key."""
        known = isinstance(error, PartywireError)
        why = str(error) if known else f"the attester failed with {type(error).__name__}"
        if not self._why:
            _log.warning("the certificate of %s is not renewed yet: %s", self._party, why)
        self._why = why

    def look(self, shown: Issued, now: float) -> None:
        """Warn where that certificate should have been renewed by now."""
        found = stage(shown, now)
        self._quiet -= 1
        if found is Stage.IN_TIME or (found is self._stage and self._quiet > 0):
            return
        self._stage, self._quiet = found, _AGAIN
        why = self._why or "the security module gives no document that lasts longer"
        if found is Stage.EXPIRED:
            _log.error(
                "the certificate of %s expired at %s, and peers refuse it: %s; "
                "the enclave may have to be started anew",
                self._party,
                utc_text(shown.end),
                why,
            )
            return
        _log.warning(
            "the certificate of %s ends in %s and was not renewed: %s",
            self._party,
            in_words(shown.end - now),
            why,
        )
