"""A visit's successors: judged one at a time, and answered."""

from __future__ import annotations

from itertools import pairwise

import anyio
import pytest

from partywire.errors import Malformed
from partywire_grpc.frames import Succession, Successor
from partywire_grpc.succession import Successions, Turns


class Judgement:
    """Judges certificates when it is told to."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.answers: list[Succession] = []
        self.answered = anyio.Event()
        self.may_go_on = anyio.Event()
        self.successions = Successions(self.admit, self.answer)

    async def admit(self, certificate: bytes) -> bool:
        self.asked.append(certificate)
        await self.may_go_on.wait()
        return certificate == b"good"

    def answer(self, succession: Succession) -> None:
        self.answers.append(succession)
        self.answered.set()


@pytest.mark.parametrize("certificate", [b"good", b"bad"])
async def test_a_successor_is_judged_and_answered(certificate: bytes) -> None:
    judgement = Judgement()
    judgement.may_go_on.set()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(judgement.successions.run)
            judgement.successions.announce(Successor(certificate))
            await judgement.answered.wait()
            group.cancel_scope.cancel()
    assert judgement.asked == [certificate]
    assert judgement.answers == [Succession(certificate == b"good")]


async def test_a_second_one_before_the_answer_is_out_of_turn() -> None:
    judgement = Judgement()
    judgement.successions.announce(Successor(b"good"))
    with pytest.raises(Malformed, match="a successor before the last one was answered"):
        judgement.successions.announce(Successor(b"good"))


async def test_a_next_one_is_judged_after_the_answer() -> None:
    judgement = Judgement()
    judgement.may_go_on.set()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(judgement.successions.run)
            for count in (1, 2):
                judgement.answered = anyio.Event()
                judgement.successions.announce(Successor(b"good"))
                await judgement.answered.wait()
                assert len(judgement.asked) == count
            group.cancel_scope.cancel()


async def test_turns_come_one_at_a_time_and_with_a_pause_between() -> None:
    turns, times = Turns(pause=0.05), list[tuple[float, float]]()

    async def judge() -> None:
        async with turns.next():
            begun = anyio.current_time()
            await anyio.lowlevel.checkpoint()
            times.append((begun, anyio.current_time()))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(judge)
    assert all(begun >= ended + 0.05 for (_, ended), (begun, _) in pairwise(times))


async def test_a_turn_that_is_cancelled_has_been_one() -> None:
    turns = Turns(pause=0.05)
    with anyio.fail_after(10):
        with anyio.CancelScope() as scope:
            async with turns.next():
                cancelled = anyio.current_time()
                scope.cancel()
                await anyio.sleep_forever()
        async with turns.next():
            assert anyio.current_time() >= cancelled + 0.05
