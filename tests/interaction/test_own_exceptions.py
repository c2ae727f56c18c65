"""A context manager that users enter lets their own exception leave as itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from tests.interaction.venues import node_of, patience

if TYPE_CHECKING:
    from anyio.abc import TaskStatus

    from tests.interaction.venues import Venue


class OurError(Exception):
    """The program's own."""


async def test_it_leaves_a_session_and_its_nodes_as_itself(venue: Venue) -> None:
    error = OurError("as it was raised")
    with pytest.raises(OurError) as caught:
        async with venue.network(3) as nodes, nodes["p1"].session(1):
            raise error
    assert caught.value is error


async def test_it_leaves_a_node_as_itself(venue: Venue) -> None:
    error = OurError("as it was raised")
    with patience(), pytest.raises(OurError) as caught:
        async with node_of(venue.configs(2)["p1"]):
            raise error
    assert caught.value is error


async def test_a_group_of_the_programs_own_leaves_as_it_is(venue: Venue) -> None:
    group = ExceptionGroup("ours", [OurError("one"), ValueError("two")])
    with pytest.raises(ExceptionGroup) as caught:
        async with venue.network(2) as nodes, nodes["p1"].session(1):
            raise group
    assert caught.value is group


async def test_an_error_while_being_cancelled_is_not_lost(venue: Venue) -> None:
    with anyio.CancelScope() as scope, pytest.raises(OurError):
        async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
            try:
                scope.cancel()
                await p1.receive("p2")
            finally:
                raise OurError


async def test_an_error_of_a_task_beside_is_not_lost_while_being_cancelled(venue: Venue) -> None:
    async def fails_late(*, task_status: TaskStatus[None]) -> None:
        task_status.started()
        try:
            await anyio.sleep_forever()
        finally:
            raise OurError

    with anyio.CancelScope() as scope:
        with pytest.raises(ExceptionGroup) as caught:
            async with (
                venue.network(2) as nodes,
                nodes["p1"].session(1),
                anyio.create_task_group() as group,
            ):
                await group.start(fails_late)
                scope.cancel()
                await anyio.sleep_forever()
        assert caught.group_contains(OurError)


async def test_cancellation_passes_through(venue: Venue) -> None:
    with anyio.CancelScope() as scope:
        async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
            scope.cancel()
            await p1.receive("p2")
    assert scope.cancelled_caught


async def test_a_timeout_of_the_programs_own_leaves_as_itself(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(TimeoutError):
            async with nodes["p1"].session(1) as p1:
                with anyio.fail_after(0.01):
                    await p1.receive("p2")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
async def test_what_ends_the_program_leaves_as_itself(
    venue: Venue, kind: type[BaseException]
) -> None:
    with pytest.raises(kind):
        async with venue.network(2) as nodes, nodes["p1"].session(1):
            raise kind


async def test_no_task_outlives_its_node(venue: Venue) -> None:
    before = _others()
    async with venue.network(3) as nodes, nodes["p1"].session(1):
        assert len(_others()) > len(before)
    assert _others() == before


def _others() -> set[int]:
    return {task.id for task in anyio.get_running_tasks()}


async def test_nodes_of_one_network_open_and_close_in_any_order(venue: Venue) -> None:
    configs = venue.configs(3)
    with patience():
        first, second, third = (node_of(config) for config in configs.values())
        async with first as p1:
            async with second as p2:
                await p2.ready(peers=["p1"])
            async with third as p3:
                await p3.ready(peers=["p1"])
                async with node_of(configs["p2"]) as again:
                    for node in (p1, p3, again):
                        await node.ready()
