"""What is asked by a single call, and what is answered."""

from functools import partial
from typing import Final

import anyio
import pytest

from partywire.delivery.limits import MIB
from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected
from partywire.testing.samples import LARGEST, LARGEST_SESSION
from partywire.testing.transport.calls import GOES_ON
from partywire.testing.transport.single_scene import SingleScene

TAGS: Final = (Tag(0, "p1", 0), Tag(LARGEST_SESSION, "p1", LARGEST))
SIZES: Final = (0, 1, MIB)
ANSWERS: Final = {
    Status.ACTIVE: Status.ACTIVE,
    Status.INACTIVE: Status.INACTIVE,
    Status.COMPLETED: Status.COMPLETED,
    Status.FULL: Status.FULL,
    Status.QUOTA: Status.FULL,
    Status.NOT_MEMBER: Status.NOT_MEMBER,
}


class Answering(SingleScene):
    """Each call has the answer that it was given over there, and no other one."""

    async def test_the_config_says_who_is_on_it(self) -> None:
        """`unary` is true of a peer that this config has on that wire."""
        async with self.parties("p1", "p2", serve=False) as scene:
            assert scene.stands[0].transport.unary("p2")

    async def test_a_message_arrives_whole_and_unchanged(self) -> None:
        """The smallest and the largest tag, from 0 bytes to 1 MiB."""
        async with self.pair() as pair:
            sent = [(tag, b"\x07" * size) for tag in TAGS for size in SIZES]
            for tag, payload in sent:
                await pair.channel.send(tag, payload)
            assert (await pair.caller()).messages.all == sent

    async def test_each_answer_is_the_one_of_the_guest(self) -> None:
        """Where the guest says QUOTA the caller is told FULL, and TOO_LARGE is `Rejected`."""
        async with self.pair() as pair:
            for status, told in ANSWERS.items():
                pair.there.door.say = partial(_say, status)
                assert await pair.channel.send(GOES_ON, b"x") is told
            pair.there.door.say = partial(_say, Status.TOO_LARGE)
            with pytest.raises(Rejected):
                await pair.channel.send(GOES_ON, b"x")

    async def test_calls_run_side_by_side(self) -> None:
        """One that waits over there keeps no other one waiting, and each has its own answer."""
        async with self.pair() as pair, anyio.create_task_group() as group:
            waiting = await pair.waiting(group)
            assert await pair.channel.send(GOES_ON, b"x") is Status.ACTIVE
            waiting.answer(Status.COMPLETED)
            assert await waiting.outcome() is Status.COMPLETED

    async def test_what_the_guest_rejects_is_rejected_alone(self) -> None:
        """The caller is told `Rejected`, and the next message is taken."""

        async def reject(_: Tag) -> Status:
            raise Rejected("p1", "rejected by this test")

        async with self.pair() as pair:
            pair.there.door.say = reject
            with pytest.raises(Rejected):
                await pair.channel.send(GOES_ON, b"x")
            pair.there.door.say = partial(_say, Status.ACTIVE)
            assert await pair.channel.send(GOES_ON, b"x") is Status.ACTIVE

    async def test_a_check_asks_the_guest_and_brings_no_message(self) -> None:
        """By the name of the caller, whatever the payload."""
        async with self.pair() as pair:
            for size in SIZES:
                await pair.channel.check(bytes(size))
            caller = await pair.caller()
            assert caller.checks.all == ["p1"] * len(SIZES)
            assert not caller.messages.all


async def _say(status: Status, _: Tag) -> Status:
    return status
