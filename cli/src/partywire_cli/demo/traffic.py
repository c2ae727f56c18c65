"""What is seen of a session: what it counts, added up over all peers, and whom it waits for."""

from dataclasses import dataclass

from partywire import Session


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a hospital sent and received so far, and how many seconds it waited for each other."""

    messages_sent: int
    bytes_sent: int
    messages_received: int
    bytes_received: int
    waited: dict[str, float]

    @classmethod
    def of(cls, session: Session) -> "Traffic":
        """What the session counted so far."""
        counters = session.counters.values()
        return cls(
            sum(peer.messages_sent for peer in counters),
            sum(peer.bytes_sent for peer in counters),
            sum(peer.messages_received for peer in counters),
            sum(peer.bytes_received for peer in counters),
            {party: peer.time_waited for party, peer in session.counters.items()},
        )


NOTHING = Traffic(0, 0, 0, 0, {})


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of a hospital's session at one moment.

    Attributes:
        round: the session's, from 0.
        waits_for: the parties that it waits for, in order.
    """

    round: int
    waits_for: tuple[str, ...]
    traffic: Traffic

    @classmethod
    def of(cls, session: Session) -> "Seen":
        """What is seen now, as long as the session is open."""
        waits_for = sorted({wait.party for wait in session.waiting()})
        return cls(session.round, tuple(waits_for), Traffic.of(session))


def size(count: int) -> str:
    """A number of bytes for humans, in powers of 1024."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
