"""What parties do in a session: lists of steps, made by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from partywire.delivery.records import label_slot

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

CHUNK = 64
QUANTUM = 16
SIZES = (0, 1, 10, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5)
LARGEST = max(SIZES)


@attrs.frozen
class Send:
    """Send so many bytes when there is room."""

    peer: str
    slot: int
    size: int


@attrs.frozen
class Receive:
    """Receive what is in the slot of a peer."""

    peer: str
    slot: int


@attrs.frozen
class NextRound:
    """Go on to the next round."""


@attrs.frozen
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


Step = Send | Receive | NextRound | Pause
Program = tuple[Step, ...]


def by_rounds(
    chance: random.Random, parties: Sequence[str], rounds: int
) -> dict[str, tuple[Program, ...]]:
    """Each party sends to some in each round, reads most of what comes, and goes on."""
    steps: dict[str, list[Step]] = {party: [] for party in parties}
    density = chance.choice([0.2, 0.5, 0.9])
    for number in range(rounds):
        ways = [(one, other) for one in parties for other in parties if one != other]
        chance.shuffle(ways)
        sent = [way for way in ways if chance.random() < density]
        for one, other in sent:
            steps[one].append(Send(other, number, chance.choice(SIZES)))
        for one, other in sent:
            if chance.random() < 0.9:
                steps[other].append(Receive(one, number))
        for party in parties:
            if chance.random() < 0.2:
                steps[party].append(Pause(chance.random()))
            steps[party].append(NextRound())
    return {party: (tuple(steps[party]),) for party in parties}


def by_labels(
    chance: random.Random, parties: Sequence[str], count: int
) -> dict[str, tuple[Program, ...]]:
    """Each party sends under a few labels, and reads side by side, in any order."""
    sends: dict[str, list[Step]] = {party: [] for party in parties}
    reads: dict[str, list[Step]] = {party: [] for party in parties}
    for _ in range(count):
        one, other = chance.sample(list(parties), 2)
        slot = label_slot(chance.randrange(4))
        sends[one].append(Send(other, slot, chance.choice(SIZES)))
        reads[other].append(Receive(one, slot))
    for steps in reads.values():
        chance.shuffle(steps)
    return {party: (tuple(sends[party]), tuple(reads[party])) for party in parties}


def by_both(
    chance: random.Random, parties: Sequence[str], count: int
) -> dict[str, tuple[Program, ...]]:
    """Each party goes from round to round, and beside that sends and reads under labels."""
    rounds = by_rounds(chance, parties, count // 4)
    labels = by_labels(chance, parties, count // 2)
    return {party: rounds[party] + labels[party] for party in parties}


def pauses(program: Program) -> float:
    """Return for how long a program does nothing of its own will, in seconds."""
    return sum(step.seconds for step in program if isinstance(step, Pause))
