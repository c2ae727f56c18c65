"""Random programs over each venue: all that was sent arrives, and nothing else.

A few, with whole chunks and over real transports; the many are in `tests/schedules`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from anyio.lowlevel import checkpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interaction.scenes import opened, together

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue


@attrs.frozen
class Message:
    """A message that a program sends; ``slot`` is a round, or a label where ``labelled``."""

    number: int
    sender: str
    receiver: str
    slot: int
    labelled: bool
    size: int

    @property
    def payload(self) -> bytes:
        return self.number.to_bytes(4, "big") + bytes(self.size)


@attrs.frozen
class Program:
    """What all parties do; ``seed`` decides in which order labels are read."""

    parties: int
    messages: Sequence[Message]
    rounds: int
    cuts: frozenset[int]
    seed: int
    limits: dict[str, object]

    def to_send(self, party: str, *, labelled: bool) -> list[Message]:
        return [m for m in self.messages if (m.sender, m.labelled) == (party, labelled)]

    def to_read(self, party: str, *, labelled: bool) -> list[Message]:
        return [m for m in self.messages if (m.receiver, m.labelled) == (party, labelled)]


LIMITS = st.fixed_dictionaries(
    {
        "mailbox_messages": st.integers(1, 4),
        "mailbox_bytes": st.sampled_from([200, 1_000, 10_000]),
        "early_sessions": st.sampled_from([1, 2_000]),
        "early_bytes": st.sampled_from([200, 100_000]),
        "look_ahead": st.integers(1, 4),
        "window": st.sampled_from([1, 1_000, 1 << 26]),
        "label_overdraft": st.just("64MiB"),
        "retry_first": st.just("1ms"),
    }
)
SIZES = st.one_of(st.integers(0, 600), st.sampled_from([0, (1 << 20) - 3, (1 << 20) + 1]))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    parties = draw(st.integers(3, 4))
    names = [f"p{number}" for number in range(1, parties + 1)]
    rounds = draw(st.integers(0, 5))
    wanted: list[tuple[str, str, int, bool]] = []
    for slot in range(rounds):
        pairs = [(here, there) for here in names for there in names if here != there]
        drawn = draw(st.lists(st.sampled_from(pairs), unique=True))
        wanted += [(*pair, slot, False) for pair in drawn]
    for _ in range(draw(st.integers(0, 25))):
        here, there = draw(st.permutations(names))[:2]
        wanted.append((here, there, draw(st.integers(0, 3)), True))
    messages = [Message(number, *each, draw(SIZES)) for number, each in enumerate(wanted)]
    return Program(
        parties,
        messages,
        rounds,
        draw(st.frozensets(st.integers(0, 30), max_size=2)),
        draw(st.integers(0, 1 << 32)),
        draw(LIMITS),
    )


async def rounds(program: Program, session: Session) -> None:
    """Send and read, round by round."""
    sends = program.to_send(session.party, labelled=False)
    reads = program.to_read(session.party, labelled=False)
    for number in range(program.rounds):
        for message in sends:
            if message.slot == number:
                await session.send(message.receiver, message.payload)
        for message in reads:
            if message.slot == number:
                assert await session.receive(message.sender) == message.payload
        session.next_round()


async def sends_labels(program: Program, session: Session) -> None:
    for message in program.to_send(session.party, labelled=True):
        await session.send(message.receiver, message.payload, label=message.slot)


async def reads_labels(program: Program, session: Session) -> None:
    """Read the labels in any order; what repeats comes first in, first out."""
    waiting = program.to_read(session.party, labelled=True)
    slots = [(message.sender, message.slot) for message in waiting]
    random.Random(program.seed).shuffle(slots)
    for slot in slots:
        expected = next(m for m in waiting if (m.sender, m.slot) == slot)
        waiting.remove(expected)
        assert await session.receive(slot[0], label=slot[1]) == expected.payload


async def cuts(program: Program, venue: Venue, config: dict[str, Any]) -> None:
    """Break all connections now and then."""
    for step in range(max(program.cuts, default=0) + 1):
        if step in program.cuts:
            venue.cut(config)
        await checkpoint()


@given(program=programs())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_arrives_is_what_was_sent(venue: Venue, program: Program) -> None:
    configs = venue.configs(program.parties, limits=program.limits)
    async with venue.opened(configs) as nodes, opened(nodes, labels=True) as sessions:
        everybody = [
            partial(part, program, session)
            for session in sessions
            for part in (rounds, sends_labels, reads_labels)
        ]
        await together(*everybody, partial(cuts, program, venue, configs["p1"]))
        for session in sessions:
            counted = sum(counters.messages_received for counters in session.counters.values())
            expected = [m for m in program.messages if m.receiver == session.party]
            assert counted == len(expected)
