"""What is said of messages that are lost, however many a peer sees to it that there are."""

import logging
from typing import Final

from partywire.delivery.agenda import Agenda
from partywire.errors import session_text

_log = logging.getLogger("partywire")

PAUSE: Final = 60.0
"""Seconds from one line on a peer to the next."""


class Losses:
    """Messages of one peer that were kept for sessions that nobody opened, and are lost."""

    def __init__(self, party: str, kept: float, agenda: Agenda) -> None:
        """Nothing is lost yet; ``kept`` is for how many seconds such messages are."""
        self._party = party
        self._kept = kept
        self._agenda = agenda
        self._quiet = False
        self._sessions = 0
        self._messages = 0

    def add(self, session: int, messages: int) -> None:
        """Say it of that session, or count it where something was said just now."""
        if self._quiet:
            self._sessions += 1
            self._messages += messages
            return
        _log.warning(
            "session %s was not opened here in time: %d messages of %s are lost, which it will not "
            "send again; such are kept for %.0f s",
            session_text(session),
            messages,
            self._party,
            self._kept,
        )
        self._rest()

    def _rest(self) -> None:
        self._quiet = True
        self._agenda.after(PAUSE, self._tell)

    def _tell(self) -> None:
        """Sum up what was lost meanwhile."""
        self._quiet = False
        if self._sessions:
            _log.warning(
                "%d more sessions were not opened here in time: %d messages of %s are lost",
                self._sessions,
                self._messages,
                self._party,
            )
            self._sessions = self._messages = 0
            self._rest()
