"""The dialler's side of the hello: an answer is believed only for the nonce just sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.delivery.hello import MAX_SLOT, NONCE, PROBE, VERSION, Hello, HelloAnswer, Welcome
from partywire.errors import Rejected, TransportError
from partywire.identity import Evidence
from partywire.interfaces import Answered, Channel
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Acquaintance, Introduction
from partywire.node.surroundings import Surroundings

if TYPE_CHECKING:
    from partywire.delivery.records import Batch

ALICE = Counterpart("alice", Evidence("alice", "here"))
BOB = Counterpart("bob", Evidence("bob", "there"))


def introduction(name: bytes, roster: bytes = b"roster") -> Introduction:
    surroundings = Surroundings(now=lambda: 7.0, wall=lambda: 100.0)
    return Introduction("", name * NONCE, 5.0, lambda: roster, surroundings)


class Line(Channel):
    """A connection to Bob's real answering; what comes back may be changed on the way."""

    def __init__(self, roster: bytes = b"roster", **changes: Any) -> None:
        self.bob = Answering(ALICE, introduction(b"b", roster))
        self.changes = changes
        self.sent: list[Hello] = []
        self.came: list[HelloAnswer] = []

    async def greet(self, hello: Hello) -> HelloAnswer:
        self.sent.append(hello)
        answer = await self.bob.answer(hello)
        if isinstance(answer, Hello):
            answer = attrs.evolve(answer, **self.changes)
        self.came.append(answer)
        return answer

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        raise NotImplementedError

    async def broken(self) -> TransportError:
        raise NotImplementedError


class Repeats(Line):
    """A connection on which the answers of another one are played again, in order."""

    def __init__(self, *answers: HelloAnswer) -> None:
        super().__init__()
        self.answers = list(answers)

    async def greet(self, hello: Hello) -> HelloAnswer:
        self.sent.append(hello)
        return self.answers[len(self.sent) - 1]


async def test_both_ends_prove_to_each_other_that_they_are_alive() -> None:
    line = Line()
    there, end = await introduction(b"a").greet(BOB, line)
    second = there.hello
    assert (second.incarnation, second.started, second.clock) == (b"b" * NONCE, 5.0, 100.0)
    assert end == Welcome(roster_agrees=True)
    first, third = line.sent
    assert (first.echo, len(first.nonce)) == (b"", NONCE)
    assert (third.echo, third.nonce) == (second.nonce, b"")
    assert line.bob.met == Acquaintance(third, asked=7.0)
    assert there.asked == 7.0
    assert third.incarnation == b"a" * NONCE


async def test_another_roster_over_there_is_told_and_no_refusal() -> None:
    _, end = await introduction(b"a").greet(BOB, Line(b"another"))
    assert end == Welcome(roster_agrees=False)


async def test_no_two_hellos_have_a_nonce_in_common() -> None:
    alice = introduction(b"a")
    lines = [Line() for _ in range(3)]
    for line in lines:
        await alice.greet(BOB, line)
    nonces = [line.sent[0].nonce for line in lines] + [line.sent[1].echo for line in lines]
    assert len(set(nonces)) == 6


async def test_answers_that_are_played_again_prove_nothing() -> None:
    alice, line = introduction(b"a"), Line()
    await alice.greet(BOB, line)
    again = Repeats(*line.came)
    with pytest.raises(Rejected, match="echo"):
        await alice.greet(BOB, again)
    assert len(again.sent) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": VERSION + 1}, f"version {VERSION + 1}"),
        ({"kind": "else"}, "unknown kind"),
        ({"incarnation": b""}, "wrong length"),
        ({"incarnation": b"b" * (NONCE + 1)}, "wrong length"),
        ({"slot": bytes(MAX_SLOT + 1)}, "wrong length"),
        ({"echo": b""}, "echo"),
        ({"echo": b"e" * NONCE}, "echo"),
        ({"nonce": b""}, "echo"),
        ({"nonce": b"n" * (NONCE - 1)}, "echo"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
async def test_a_second_step_that_is_none_ends_it_before_the_third(
    changes: dict[str, Any], told: str
) -> None:
    line = Line(**changes)
    with pytest.raises(Rejected, match=told):
        await introduction(b"a").greet(BOB, line)
    assert len(line.sent) == 1
    assert line.bob.met is None


async def test_a_welcome_without_a_second_step_is_rejected() -> None:
    line = Repeats(Welcome(roster_agrees=True))
    with pytest.raises(Rejected, match="second step"):
        await introduction(b"a").greet(BOB, line)
    assert len(line.sent) == 1


async def test_one_that_never_ends_the_hello_is_rejected() -> None:
    class Endless(Line):
        async def greet(self, hello: Hello) -> HelloAnswer:
            self.sent.append(hello)
            return introduction(b"b").step(nonce=b"n" * NONCE, echo=hello.nonce)

    line = Endless()
    with pytest.raises(Rejected, match="did not end"):
        await introduction(b"a").greet(BOB, line)
    assert len(line.sent) == 2


async def test_a_first_step_proves_nothing_yet() -> None:
    bob = Answering(ALICE, introduction(b"b"))
    await bob.answer(introduction(b"a").step(nonce=b"n" * NONCE))
    assert bob.met is None


async def test_a_probe_is_proved_as_a_probe() -> None:
    bob = Answering(ALICE, introduction(b"b"))
    first = attrs.evolve(introduction(b"a").step(nonce=b"n" * NONCE), kind=PROBE)
    second = await bob.answer(first)
    assert isinstance(second, Hello)
    await bob.answer(attrs.evolve(first, nonce=b"", echo=second.nonce))
    assert bob.met is not None
    assert bob.met.hello.kind == PROBE
