"""Promises about batches, answers and hellos that arrive."""

from contextlib import AsyncExitStack

import anyio
import attrs

from partywire import Node, open_node
from partywire.delivery.codec import encode_batch
from partywire.delivery.records import CHUNK
from partywire.session.lifetimes import background
from partywire.testing import samples
from partywire.testing.samples import numbered
from partywire.testing.transport.scene import Call, TransportScene

MANY = 64
LAST = MANY
"""The number of the batch after which a test looks."""


class Delivering(TransportScene):
    """A batch arrives whole, once and in turn, and its answer comes back."""

    async def test_a_batch_arrives_whole_and_unchanged(self) -> None:
        """From 0 bytes to a whole chunk, many segments, each control record."""
        async with self.call() as call:
            for count, (what, batch) in enumerate(samples.batches().items(), 1):
                await call.line.deliver(batch)
                await call.caller.numbers.wait_for(count)
                assert call.caller.taken[-1] == encode_batch(batch), f"{what} was changed"

    async def test_every_batch_arrives(self) -> None:
        """No batch is dropped while the connection stands."""
        async with self.call() as call:
            taken = await _deliver_many(call)
            missing = set(range(MANY)) - set(taken)
            assert not missing, f"batches never arrived: {sorted(missing)}"

    async def test_no_batch_arrives_twice(self) -> None:
        """A batch is taken once for each call of `deliver`."""
        async with self.call() as call:
            taken = await _deliver_many(call)
            twice = {number for number in taken if taken.count(number) > 1}
            assert not twice, f"batches arrived more than once: {sorted(twice)}"

    async def test_batches_arrive_in_the_order_of_the_calls(self) -> None:
        """What was delivered first is taken first."""
        async with self.call() as call:
            taken = await _deliver_many(call)
            assert taken == sorted(taken), "batches overtook each other"

    async def test_every_batch_is_answered_once(self) -> None:
        """``answered`` is called once for each batch that was taken."""
        async with self.call() as call:
            await _deliver_many(call)
            answers = [number for number, _ in await call.line.answered(LAST + 1)]
            assert sorted(set(answers)) == list(range(LAST + 1)), "an answer is missing"
            assert len(set(answers)) == len(answers), "a batch was answered twice"

    async def test_answers_come_in_the_order_of_the_batches(self) -> None:
        """The first batch is answered first."""
        async with self.call() as call:
            await _deliver_many(call)
            answers = [number for number, _ in await call.line.answered(LAST + 1)]
            assert answers == sorted(answers), "answers overtook each other"

    async def test_an_answer_is_the_one_for_its_batch(self) -> None:
        """``answered`` is given the receipt that the peer's router returned for that batch."""
        async with self.call() as call:
            await _deliver_many(call)
            for number, receipt in await call.line.answered(LAST + 1):
                assert receipt == samples.receipt_of(numbered(number)), "another batch's receipt"

    async def test_a_receipt_arrives_unchanged(self) -> None:
        """Every status, every number, an empty one and a stale one."""
        async with self.call() as call:
            for count, (what, receipt) in enumerate(samples.receipts().items(), 1):
                call.there.door.answer = lambda _, receipt=receipt: receipt  # type: ignore[misc]
                await call.line.deliver(numbered(count))
                answers = await call.line.answered(count)
                assert answers[-1][1] == receipt, f"{what} was changed"

    async def test_a_router_that_waits_is_awaited(self) -> None:
        """Where ``accept_nowait`` of the guest returns None, ``accept`` takes the batch."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            group.start_soon(call.line.deliver, numbered(0))
            await anyio.wait_all_tasks_blocked()
            assert not call.line.answers.all, "answered before the router had taken it"
            call.there.door.resume("p1")
            await call.line.answered(1)

    async def test_deliver_nowait_does_nothing_where_it_returns_false(self) -> None:
        """A batch that it did not take does not arrive."""
        async with self.call() as call:
            call.there.door.stall("p1")
            sent = [
                number for number in range(MANY // 4) if call.line.deliver_nowait(numbered(number))
            ]
            call.there.door.resume("p1")
            await call.line.deliver(numbered(LAST))
            assert await call.caller.took(LAST) == [*sent, LAST]

    async def test_deliver_nowait_keeps_its_place(self) -> None:
        """What was delivered before it, in either way, arrives before it."""
        async with self.call() as call:
            for number in range(MANY):
                if number % 3 == 0 or not call.line.deliver_nowait(numbered(number)):
                    await call.line.deliver(numbered(number))
            taken = await call.caller.took(MANY - 1)
            assert taken == sorted(taken), "batches overtook each other"

    async def test_a_hello_arrives_unchanged(self) -> None:
        """Each step and each answer, with every field."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.connect("p2") as channel:
                first, third = samples.FIRST_STEP, attrs.evolve(samples.FIRST_STEP, echo=b"e" * 16)
                second = attrs.evolve(samples.SECOND_STEP, echo=first.nonce)
                assert await channel.greet(first) == second, "the second step was changed"
                assert await channel.greet(third) == samples.END, "the end was changed"
                caller = await there.door.caller("p1")
                assert caller.greeted == [first, third], "a step was changed"

    async def test_both_directions_carry_at_once(self) -> None:
        """Each party's batches go by the connection that it made."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.line("p2") as out, there.line("p1") as back:
                for number in range(MANY):
                    await out.deliver(numbered(number))
                    await back.deliver(numbered(number))
                for stand, peer in ((there, "p1"), (here, "p2")):
                    caller = await stand.door.caller(peer)
                    await caller.took(MANY - 1)

    async def test_a_batch_reaches_the_party_it_is_for(self) -> None:
        """And it comes from the party that sent it, however many there are."""
        async with self.parties("p1", "p2", "p3") as scene, AsyncExitStack() as stack:
            places = {stand.party: place for place, stand in enumerate(scene.stands)}
            pairs = [(one, other) for one in scene.stands for other in places if other != one.party]
            for one, other in pairs:
                line = await stack.enter_async_context(one.line(other))
                await line.deliver(numbered(10 * places[one.party] + places[other]))
            for one, other in pairs:
                caller = await one.door.caller(other)
                number = 10 * places[other] + places[one.party]
                assert await caller.took(number) == [number]

    async def test_sessions_run_over_it(self) -> None:
        """Whole nodes exchange messages of any size over it."""
        names = ("p1", "p2", "p3")
        with anyio.fail_after(self.patience):
            async with self.network(names) as configs, AsyncExitStack() as stack:
                nodes = [
                    await stack.enter_async_context(open_node(config, plugins=self.plugins))
                    for config in configs.values()
                ]
                for node in nodes:
                    await node.ready()
                async with anyio.create_task_group() as group:
                    for node in nodes:
                        group.start_soon(_exchange, node, names)


async def _deliver_many(call: Call) -> list[int]:
    """Deliver numbered batches and a last one, and return what had been taken when it came."""
    for number in range(LAST + 1):
        await call.line.deliver(numbered(number))
    return (await call.caller.took(LAST))[:-1]


async def _exchange(node: Node, names: tuple[str, ...]) -> None:
    async with node.session("contract", attempt=1) as session:
        for size in (0, 1, 3 * CHUNK + 1):
            payload = node.party.encode().ljust(size, b".")[:size]
            given = await session.exchange({name: payload for name in names if name != node.party})
            for name, came in given.items():
                assert came == name.encode().ljust(size, b".")[:size]
            session.next_round()
        await session.flush()
