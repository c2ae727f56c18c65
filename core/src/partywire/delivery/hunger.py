"""Heads that one peer's budget had no room for, and who of them is served when there is some."""

from typing import TYPE_CHECKING

from partywire.delivery.records import MESSAGE_COST

if TYPE_CHECKING:
    from partywire.delivery.agenda import Agenda
    from partywire.delivery.pair import Pair
    from partywire.delivery.quotas import Budget


class Hunger:
    """The pairs of one peer whose next message waits for room in the peer's budget.

    Room is given away once for all that is read in one turn of the loop, and only when somebody
    fits: looking takes time for each pair, and the peer may see to it that these are many.
    """

    __slots__ = ("_agenda", "_budget", "_feeding", "_least", "pairs")

    def __init__(self, budget: "Budget", agenda: "Agenda") -> None:
        """Nobody waits yet."""
        self.pairs: dict[Pair, None] = {}
        self._budget = budget
        self._agenda = agenda
        self._least = 0
        self._feeding = False

    def add(self, pair: "Pair") -> None:
        """Let a pair wait whose head was refused."""
        need = _need(pair)
        self._least = min(self._least, need) if self.pairs else need
        self.pairs[pair] = None

    def forget(self, pair: "Pair") -> None:
        """A pair takes nothing more; what it gave back is for others.

        The peer decides when the budget has room again, so no ended session may wait for that here.
        """
        self.pairs.pop(pair, None)
        self.feed()

    def feed(self) -> None:
        """Give CREDIT, soon, to those for whom there is room then."""
        if self.pairs and not self._feeding and self._budget.has_room(self._least):
            self._feeding = True
            self._agenda.soon(self._feed)

    def _feed(self) -> None:
        """Heads of rounds that are being read go first, then those of the oldest sessions."""
        self._feeding = False
        room = self._budget.limit - self._budget.held
        for pair in sorted(self.pairs, key=_rank):
            need = _need(pair)
            if not need or pair.unread_error() is not None:
                del self.pairs[pair]
            elif need <= room:
                room -= need
                del self.pairs[pair]
                pair.grant()
        self._least = min(map(_need, self.pairs), default=0)


def _need(pair: "Pair") -> int:
    """Return what the refused head costs; 0 when it was not refused, or not any more."""
    refused = pair.intake.refused
    return 0 if refused is None else refused[1] + MESSAGE_COST


def _rank(pair: "Pair") -> tuple[bool, int]:
    slot = pair.intake.refused[0] if pair.intake.refused else -1
    return slot != pair.session.round, pair.session.order
