"""Who comes in: each connection is judged before a byte of it is read."""

from collections.abc import Container, Sequence
from typing import Final

from partywire.errors import (
    IdentityError,
    IdentityMismatch,
    Rejected,
    outside_text,
)
from partywire.identity import Evidence, Identity
from partywire.inbox import Dismiss
from partywire.interfaces import IdentityVerifier
from partywire.judge import judge
from partywire.node.visitor import Gate, House, Visitor

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
        self._gates: dict[str, Gate] = {}

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Visitor:
        """Judge a caller by the roster entry that it claims to be."""
        identity = self.judge(evidence, evidence.claimed)
        gate = self._gates.setdefault(identity.party, Gate())
        return Visitor(evidence, identity, self._house, gate, dismiss)

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence, of a caller or of somebody called, who has to be in the roster."""
        if expected not in self._peers:
            problem = "no such party in the roster" if expected else _NAMELESS
            raise IdentityMismatch(outside_text(expected), problem)
        now = self._house.introduction.surroundings.wall()
        return judge(evidence, self._verifiers, expected=expected, now=now)

    def ask(self, verifiers: Sequence[IdentityVerifier]) -> None:
        """Ask these from now on; who is here already stays until `judge_again`."""
        self._verifiers = verifiers

    def judge_again(self, party: str) -> IdentityError | None:
        """Judge the callers of a party by what they have shown; return why one was sent away."""
        refusal = None
        for visitor in self._visitors(party):
            try:
                visitor.renew(self.judge(visitor.shown, party))
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
