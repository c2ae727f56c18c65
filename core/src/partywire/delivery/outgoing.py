"""What a pair asks of the outgoing side of its peer, whichever wire leads there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from partywire.delivery.pair import Pair
    from partywire.delivery.records import Abort, Control


class Outgoing(Protocol):
    """Carries what the pairs of one peer have; `Dispatch` by batches, `Calls` one by one.

    Attributes:
        wake: called when there is something to send and nobody was about to look.
        hand_over: called by a sending task after `Pair.hold`: like `ready`, or better.
    """

    wake: Callable[[], None]
    hand_over: "Callable[[Pair], None]"

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be sent and nothing is on its way."""

    def line_up(self, pair: "Pair") -> None:
        """Give a pair a turn when it has something that may be sent."""

    def ready(self, pair: "Pair") -> None:
        """Give a pair a turn, and see to it that somebody looks."""

    def rouse(self) -> None:
        """Call ``wake`` when there is something to send and nobody is about to look."""

    def post(self, control: "Control", pair: "Pair | None") -> None:
        """Send a control record, of a pair or of none."""

    def remind(self, abort: "Abort") -> None:
        """Send an ABORT that the peer may have missed."""

    def retire(self, pair: "Pair") -> None:
        """A session has ended here: nothing of it is sent but its last words."""

    def why_held(self, pair: "Pair") -> str:
        """Return why the peer does not take what a pair has, in words; empty where it may."""

    def connection_ended(self) -> None:
        """Nobody carries for now: what is lined up waits."""

    def lost(self) -> None:
        """The connection broke: what was on its way has an unknown fate and is sent again."""
