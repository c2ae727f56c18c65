"""One message from each of many peers: who answered, who failed, and when that is enough."""

from collections.abc import Mapping, Sequence

import attrs

from partywire.delivery.pair import Pair
from partywire.errors import PartywireError, TooFewAnswers
from partywire.session.options import OnFailure, at_least, one_of
from partywire.session.views import Answers
from partywire.session.waits import SlotWait, Waiting, errors_of


@attrs.frozen
class Quorum:
    """What a collection needs.

    Attributes:
        at_least: how many answers, or None for all.
        collect: whether failures are returned and not raised.
        early: whether ``at_least`` answers end the wait, or only an answer or failure of everybody.
    """

    at_least: int | None
    collect: bool
    early: bool

    @property
    def patient(self) -> bool:
        """Whether the wait never ends before everybody had the time to answer."""
        return self.at_least is None or not self.early

    def decided(self, answered: int, failed: int, asked: int) -> bool:
        """Tell whether waiting longer would change nothing."""
        if failed and not self.collect:
            return True
        if self.early and self.at_least is not None and answered >= self.at_least:
            return True
        return answered + failed == asked


def quorum_of(needed: int | None, on_failure: OnFailure, peers: int, *, early: bool) -> Quorum:
    """Return what a call needs that was given these arguments; raise `OptionInvalid`."""
    one_of("on_failure", on_failure, ("raise", "collect"))
    collects = needed is not None or on_failure == "collect"
    return Quorum(at_least(needed, peers), collects, early)


async def collect(waiting: Waiting, pairs: Sequence[Pair], slot: int, quorum: Quorum) -> Answers:
    """Take one message for the slot from each pair, as far as the quorum needs it.

    Nothing is taken before the last wait is over, so a cancelled call has taken nothing.
    """
    with SlotWait(waiting, pairs, slot) as parked:
        while True:
            waiting.raise_if_over()
            held = [pair for pair in pairs if slot in pair.intake.mailbox]
            failures = errors_of(pairs, slot)
            if quorum.decided(len(held), len(failures), len(pairs)):
                return _taken(waiting, held, failures, slot, quorum)
            await parked.wait()


def _taken(
    waiting: Waiting,
    held: Sequence[Pair],
    failures: Mapping[str, PartywireError],
    slot: int,
    quorum: Quorum,
) -> Answers:
    if failures and not quorum.collect:
        raise next(iter(failures.values())).again()
    if quorum.at_least is not None and len(held) < quorum.at_least:
        raise TooFewAnswers(waiting.local.id, quorum.at_least, failures)
    return Answers([(pair.party, pair.take(slot)) for pair in held], failures)
