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
from partywire.judge import Verifiers, challenged, judge
from partywire.node import trials
from partywire.node.counterpart import Shown
from partywire.node.visitor import Gate, House, Visitor

_log = logging.getLogger("partywire")

UNPROVED: Final = "has not proved itself on this connection, as the config asks for now"

_NAMELESS: Final = "it does not name exactly one party"


class Reception:
    """The `Inbox` that the node's transport serves."""

    def __init__(self, peers: Container[str], verifiers: Verifiers, house: House) -> None:
        """Let in who is in ``peers`` at that moment."""
        self._peers = peers
        self._verifiers = verifiers
        self._house = house
        self._wall = house.introduction.surroundings.wall
        self._gates: dict[str, Gate] = {}
        self._begin_anew()

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Visitor:
        """Judge a caller by the roster entry that it claims to be."""
        identity = self._admit(evidence)
        gate = self._gates.setdefault(identity.party, Gate())
        party = identity.party
        proved = partial(self._proved_here, party) if self.challenges(party) else None
        return Visitor(evidence, identity, self._house, gate, dismiss, proved)

    def _admit(self, evidence: Evidence) -> Identity:
        """Judge a caller, unless it has to wait for that, see `Trials`."""
        party, digest = evidence.claimed, evidence.digest
        try:
            self._trials.check(party, digest)
        except EvidenceInvalid:
            self._judge(Shown(evidence), party, self._verifiers.who)  # who is nobody hears no more
            raise
        try:
            return self.judge(evidence, party)
        except IdentityError as refusal:
            if self._is_vouched_for(evidence, party):
                self._trials.failed(party, digest, refusal)
            raise

    def _is_vouched_for(self, evidence: Evidence, party: str) -> bool:
        """Tell whether the verifiers that prove who is there have found nothing wrong."""
        try:
            self._judge(Shown(evidence), party, self._verifiers.who)
        except IdentityError:
            return False
        return True

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence, of a caller or of somebody called, who has to be in the roster."""
        return self._judge(Shown(evidence), expected, self._verifiers.all)

    def challenges(self, party: str) -> bool:
        """Tell whether a party has to prove itself on each connection."""
        return challenged(party, self._verifiers.all, self._cannot_say)

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
        return shown, self._judge(shown, party, self._verifiers.all)

    def _proved_here(
        self, party: str, evidence: Evidence, binding: bytes, proof: bytes
    ) -> tuple[Shown, Identity]:
        """Judge the proof of a caller, unless it has to wait for that."""
        self._proofs.check(party, evidence.digest)
        try:
            return self.proved(party, evidence, binding, proof)
        except IdentityError as refusal:
            self._proofs.failed(party, evidence.digest, refusal)
            raise

    def judge_shown(self, shown: Shown, party: str) -> Identity:
        """Judge again what a party has shown on a connection that stands."""
        if not self.challenges(party):
            return self.judge(attrs.evolve(shown.evidence, proof=b""), party)
        if shown.binding is None:
            raise EvidenceInvalid(party, UNPROVED)
        return self._judge(shown, party, self._verifiers.all)

    def _judge(
        self, shown: Shown, expected: str, verifiers: Sequence[IdentityVerifier]
    ) -> Identity:
        if expected not in self._peers:
            problem = "no such party in the roster" if expected else _NAMELESS
            raise IdentityMismatch(outside_text(expected), problem)
        return judge(
            shown.evidence,
            verifiers,
            expected=expected,
            now=self._wall(),
            binding=shown.binding,
            until=shown.until,
        )

    def ask(self, verifiers: Verifiers) -> None:
        """Ask these from now on; who is here already stays until `judge_again`."""
        self._verifiers = verifiers
        self._begin_anew()

    def _begin_anew(self) -> None:
        now = self._house.introduction.now
        self._trials = trials.Trials(now, trials.PAUSE)
        self._proofs = trials.Trials(now, trials.PROOF_PAUSE)
        self._silent: list[IdentityVerifier] = []

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
