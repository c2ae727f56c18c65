"""Who comes in: each connection is judged before a byte of it is read."""

import logging
from collections.abc import Container, Sequence
from functools import partial
from typing import Final

import attrs

from partywire.errors import (
    EvidenceInvalid,
    IdentityError,
    IdentityMismatch,
    Rejected,
    outside_text,
)
from partywire.identity import Evidence, Identity
from partywire.inbox import Dismiss
from partywire.interfaces import IdentityVerifier
from partywire.judge import challenged, judge
from partywire.node.proving import Shown
from partywire.node.visitor import Gate, House, Visitor

_log = logging.getLogger("partywire")

UNPROVED: Final = "has not proved itself on this connection, as the config asks for now"

_NAMELESS: Final = "it does not name exactly one party"


class Reception:
    """The `Inbox` that the node's transport serves."""

    def __init__(
        self, peers: Container[str], verifiers: Sequence[IdentityVerifier], house: House
    ) -> None:
        """Let in who is in ``peers`` at that moment."""
        self._peers = peers
        self._verifiers = verifiers
        self._house = house
        self._wall = house.introduction.surroundings.wall
        self._gates: dict[str, Gate] = {}
        self._silent: list[IdentityVerifier] = []

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Visitor:
        """Judge a caller by the roster entry that it claims to be."""
        identity = self.judge(evidence, evidence.claimed)
        gate = self._gates.setdefault(identity.party, Gate())
        party = identity.party
        proved = partial(self.proved, party) if self.challenges(party) else None
        return Visitor(evidence, identity, self._house, gate, dismiss, proved)

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence, of a caller or of somebody called, who has to be in the roster."""
        return self._judge(Shown(evidence), expected)

    def challenges(self, party: str) -> bool:
        """Tell whether a party has to prove itself on each connection."""
        return challenged(party, self._verifiers, self._cannot_say)

    def _cannot_say(self, verifier: IdentityVerifier, error: Exception) -> None:
        """Log it, once for each verifier of a config."""
        if verifier not in self._silent:
            self._silent.append(verifier)
            name = type(verifier).__name__
            _log.error(
                "the verifier %s fails to say whom it challenges: it challenges all", name,
                exc_info=error,
            )  # fmt: skip

    def proved(
        self, party: str, evidence: Evidence, binding: bytes, proof: bytes
    ) -> tuple[Shown, Identity]:
        """Judge a proof, which has to cover ``binding``, with the evidence beside it."""
        lifetime, agenda = self._house.proof_lifetime, self._house.agenda
        until, ends = self._wall() + lifetime, agenda.now() + lifetime
        shown = Shown(attrs.evolve(evidence, proof=proof), binding, until, ends)
        return shown, self._judge(shown, party)

    def judge_shown(self, shown: Shown, party: str) -> Identity:
        """Judge again what a party has shown on a connection that stands."""
        if not self.challenges(party):
            return self.judge(attrs.evolve(shown.evidence, proof=b""), party)
        if shown.binding is None:
            raise EvidenceInvalid(party, UNPROVED)
        return self._judge(shown, party)

    def _judge(self, shown: Shown, expected: str) -> Identity:
        if expected not in self._peers:
            problem = "no such party in the roster" if expected else _NAMELESS
            raise IdentityMismatch(outside_text(expected), problem)
        return judge(
            shown.evidence,
            self._verifiers,
            expected=expected,
            now=self._wall(),
            binding=shown.binding,
            until=shown.until,
        )

    def ask(self, verifiers: Sequence[IdentityVerifier]) -> None:
        """Ask these from now on; who is here already stays until `judge_again`."""
        self._verifiers = verifiers
        self._silent = []

    def judge_again(self, party: str) -> IdentityError | None:
        """Judge the callers of a party by what they have shown; return why one was sent away."""
        refusal = None
        for visitor in self._visitors(party):
            try:
                visitor.renew(self.judge_shown(visitor.shown, party))
            except IdentityError as error:
                refusal = error
                visitor.dismiss(Rejected(party, str(error)))
        return refusal

    def send_away(self, party: str, problem: Rejected) -> None:
        """End all connections that a party has made to us, and forget it."""
        for visitor in self._visitors(party):
            visitor.dismiss(problem)
        self._gates.pop(party, None)

    def _visitors(self, party: str) -> list[Visitor]:
        return list(self._gates[party].visitors) if party in self._gates else []
