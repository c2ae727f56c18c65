"""Who comes in: each connection is judged before a byte of it is read."""

from collections.abc import Sequence

from partywire.errors import IdentityMismatch, outside_text
from partywire.identity import Evidence, Identity
from partywire.interfaces import Dismiss, IdentityVerifier
from partywire.judge import judge
from partywire.node.visitor import House, Turn, Visitor


class Reception:
    """The `Inbox` that the node's transport serves."""

    def __init__(
        self, peers: Sequence[str], verifiers: Sequence[IdentityVerifier], house: House
    ) -> None:
        """Let in ``peers``."""
        self._verifiers = verifiers
        self._house = house
        self._turns = {party: Turn() for party in peers}

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Visitor:
        """Judge a caller by the roster entry that it claims to be."""
        claimed = evidence.claimed
        if claimed not in self._turns:
            shown = outside_text(claimed)
            raise IdentityMismatch(shown, "no such party in the roster")
        identity = self.judge(evidence, claimed)
        return Visitor(identity, self._house, self._turns[claimed], dismiss)

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence, of a caller or of somebody called."""
        now = self._house.introduction.surroundings.wall()
        return judge(evidence, self._verifiers, expected=expected, now=now)
