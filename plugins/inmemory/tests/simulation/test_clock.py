"""Virtual time on both backends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from partywire.errors import OptionInvalid
from partywire_inmemory import Simulation, virtual_backend
from partywire_inmemory.simulation.clock import overseen

from .programs import BACKENDS, count, counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from partywire import Node

DAYS = 86_400.0


def run(call: Callable[[], Awaitable[Any]], backend: str) -> Any:
    name, options = virtual_backend(backend)
    return anyio.run(call, backend=name, backend_options=options)


@BACKENDS
def test_a_year_passes_at_once(backend: str) -> None:
    async def sleep() -> float:
        begun = anyio.current_time()
        await anyio.sleep(365 * DAYS)
        return anyio.current_time() - begun

    assert run(sleep, backend) == pytest.approx(365 * DAYS)


@BACKENDS
def test_timers_keep_their_order(backend: str) -> None:
    seen: list[float] = []

    async def wait(seconds: float) -> None:
        await anyio.sleep(seconds)
        seen.append(seconds)

    async def many() -> None:
        async with anyio.create_task_group() as group:
            for place in range(200):
                group.start_soon(wait, float(place * 7919 % 200))

    run(many, backend)
    assert seen == sorted(seen)
    assert len(seen) == 200


@BACKENDS
def test_the_time_stands_still_while_a_thread_works(backend: str) -> None:
    async def work() -> float:
        go = threading.Event()

        async def hurry() -> None:
            await anyio.lowlevel.checkpoint()
            go.set()

        async with overseen(lambda until: until or 0.0), anyio.create_task_group() as group:
            group.start_soon(hurry)
            with anyio.move_on_after(3600):
                await anyio.to_thread.run_sync(go.wait)
                return anyio.current_time()
        return -1.0

    assert run(work, backend) == 0.0


async def test_the_time_of_the_world_is_refused() -> None:
    with pytest.raises(OptionInvalid, match="the event loop has to be one of virtual_backend"):
        async with Simulation(2):
            pytest.fail("began")


def test_there_is_no_third_backend() -> None:
    with pytest.raises(OptionInvalid, match="backend has to be one of: asyncio, trio"):
        Simulation(2, backend="curio")


@BACKENDS
def test_a_simulation_within_a_test_that_runs_already(backend: str) -> None:
    async def test() -> None:
        async with Simulation(3, seed=1) as simulation:
            simulation.start("p1", count)
            simulation.start("p2", count)
            await anyio.sleep(5)
            simulation.start("p3", count)
            result = await simulation.finish()
        assert result.values() == dict.fromkeys(("p1", "p2", "p3"), counted(2))
        assert result.seconds >= 5

    run(test, backend)


@BACKENDS
def test_a_test_that_fails_leaves_by_its_own_exception(backend: str) -> None:
    async def forever(_: Node) -> None:
        await anyio.sleep_forever()

    async def test() -> None:
        async with Simulation(2) as simulation:
            simulation.start("p1", forever)
            await anyio.sleep(1)
            raise KeyError("of the test")

    with pytest.raises(KeyError, match="of the test"):
        run(test, backend)


@BACKENDS
def test_the_time_stands_still_for_one_who_waits_until_all_wait(backend: str) -> None:
    async def look() -> list[float]:
        begun = anyio.current_time()
        async with anyio.create_task_group() as group, overseen(lambda until: until or 0.0):
            group.start_soon(anyio.sleep, 100.0)
            seen = []
            for _ in range(5):
                await anyio.wait_all_tasks_blocked()
                seen.append(anyio.current_time() - begun)
        return seen

    assert run(look, backend) == [0.0] * 5
