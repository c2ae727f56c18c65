"""A peer that is missed: said once it has been out of reach for a while, and when it is back."""

import logging
from typing import Final

from partywire.delivery.agenda import Agenda, Appointment
from partywire.delivery.peers import Peer

_log = logging.getLogger("partywire")

PATIENCE: Final = 10.0
"""Seconds out of reach from which that is a warning."""


class Missing:
    """One peer's absence as its operator's log has it: one warning for each, and one at its end."""

    def __init__(self, peer: Peer, agenda: Agenda) -> None:
        self._peer = peer
        self._agenda = agenda
        self._look: Appointment | None = None
        self._said = False

    def begin(self) -> None:
        """The peer is out of reach; the first time counts."""
        if self._look is None:
            self._look = self._agenda.after(PATIENCE, self._say)

    def end(self) -> None:
        """The peer is within reach."""
        if self._said:
            _log.warning("%s is within reach again", self._peer.party)
        self.forget()

    def forget(self) -> None:
        """Nobody misses the peer any more."""
        if self._look is not None:
            self._look.cancel()
        self._look, self._said = None, False

    def _say(self) -> None:
        self._said = True
        party, why = self._peer.party, self._peer.link_to
        _log.warning("%s is out of reach for %.0f s: %s", party, PATIENCE, why)
