"""Random computations of two or three parties, as data.

Who opens what when, sends what, and stops where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import strategies as st

from core.tests.delivery.support.making import EVERYBODY
from core.tests.delivery.support.players import NextRound, Pause, Receive, Send, Step
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST, label_slot

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

CHUNK = 64
QUANTUM = 16
SIZES = (0, 1, 10, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5)

LEAVE, ABORT = "leave", "abort"


@attrs.frozen
class Part:
    """One party in one session: its programs run side by side.

    ``stop`` is (how, after so many steps).
    """

    opens: float
    programs: tuple[tuple[Step, ...], ...]
    stop: tuple[str, int] | None


@attrs.frozen
class Computation:
    """One session: all its parties."""

    session: int
    labels: bool
    parts: dict[str, Part]


@attrs.frozen
class Cut:
    """A wire breaks at a time, and is back after a while."""

    when: float
    source: str
    target: str
    downtime: float


@attrs.frozen
class Plan:
    """A world and what happens in it."""

    seed: int
    parties: tuple[str, ...]
    limits: Limits
    computations: tuple[Computation, ...]
    cuts: tuple[Cut, ...]


def payload(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice(SIZES))


def by_rounds(
    chance: random.Random, parties: Sequence[str], rounds: int
) -> dict[str, list[tuple[Step, ...]]]:
    """Each party sends to some in each round, reads most of what comes, and goes on."""
    steps: dict[str, list[Step]] = {party: [] for party in parties}
    density = chance.choice([0.2, 0.5, 0.9])
    for number in range(rounds):
        ways = [(one, other) for one in parties for other in parties if one != other]
        chance.shuffle(ways)
        sent = [way for way in ways if chance.random() < density]
        for one, other in sent:
            steps[one].append(Send(other, number, payload(chance)))
        for one, other in sent:
            if chance.random() < 0.9:
                steps[other].append(Receive(one, number))
        for party in parties:
            if chance.random() < 0.2:
                steps[party].append(Pause(chance.random()))
            steps[party].append(NextRound())
    return {party: [tuple(steps[party])] for party in parties}


def by_labels(
    chance: random.Random, parties: Sequence[str], count: int
) -> dict[str, list[tuple[Step, ...]]]:
    """Each party sends under a few labels, and reads side by side, in any order."""
    sends: dict[str, list[Step]] = {party: [] for party in parties}
    reads: dict[str, list[Step]] = {party: [] for party in parties}
    for _ in range(count):
        one, other = chance.sample(list(parties), 2)
        slot = label_slot(chance.randrange(4))
        sends[one].append(Send(other, slot, payload(chance)))
        reads[other].append(Receive(one, slot))
    for steps in reads.values():
        chance.shuffle(steps)
    return {party: [tuple(sends[party]), tuple(reads[party])] for party in parties}


@st.composite
def computations(
    draw: DrawFn, session: int, parties: tuple[str, ...], *, stops: bool
) -> Computation:
    chance = draw(st.randoms(use_true_random=True))
    members = draw(st.sampled_from([parties, parties[:2]]))
    labels = draw(st.booleans())
    make = by_labels if labels else by_rounds
    programs = make(chance, members, draw(st.integers(0, 30 if labels else 12)))
    parts = {}
    for party in members:
        stop = None
        if stops and draw(st.booleans()):
            stop = (draw(st.sampled_from([LEAVE, ABORT])), draw(st.integers(0, 20)))
        opens = draw(st.sampled_from([0.0, 0.01, 0.1, 1.0]))
        parts[party] = Part(opens, tuple(programs[party]), stop)
    return Computation(session, labels, parts)


def limits(largest: int = max(SIZES)) -> st.SearchStrategy[Limits]:
    """Bounds so tiny that FULL, QUOTA and CREDIT are everyday things."""
    one = largest + MESSAGE_COST
    return st.builds(
        Limits,
        early_sessions=st.sampled_from([1, 2, 100]),
        early_bytes=st.sampled_from([1, one, 4 * one, 100 * one]),
        early_message=st.sampled_from([1, CHUNK]),
        look_ahead=st.sampled_from([1, 2, 32]),
        mailbox_bytes=st.sampled_from([1, one, 3 * one, 100 * one]),
        mailbox_messages=st.sampled_from([1, 2, 100]),
        label_overdraft=st.just(1000 * one),
        window=st.sampled_from([1, CHUNK, 100 * CHUNK]),
    )


@st.composite
def plans(draw: DrawFn, *, stops: bool) -> Plan:
    parties = draw(st.sampled_from([EVERYBODY[:2], EVERYBODY]))
    count = draw(st.integers(1, 3))
    made = [draw(computations(session, parties, stops=stops)) for session in range(count)]
    ends = st.sampled_from([(one, other) for one in parties for other in parties if one != other])
    cuts = draw(
        st.lists(
            st.builds(
                lambda when, way, downtime: Cut(when, way[0], way[1], downtime),
                st.floats(0, 2),
                ends,
                st.sampled_from([0.0, 0.01, 0.3]),
            ),
            max_size=5,
        )
    )
    return Plan(draw(st.integers(0, 2**32)), parties, draw(limits()), tuple(made), tuple(cuts))
