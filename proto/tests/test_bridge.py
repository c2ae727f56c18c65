"""What crosses between the node's event loop and gRPC's."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from partywire_grpc.bridge import Queue, opened_bridge

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 30.0


class Woken:
    """Another event loop, which runs what it was asked to when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Callable[[], None]] = []

    def ask(self, call: Callable[[], None]) -> None:
        self.asked.append(call)

    def run(self) -> None:
        asked, self.asked = self.asked, []
        for call in asked:
            call()


def test_posts_are_called_in_their_order_after_one_waking() -> None:
    loop, called = Woken(), list[int]()
    queue = Queue(loop.ask)
    for number in range(5):
        queue.post(called.append, number)
    assert len(loop.asked) == 1
    loop.run()
    assert called == [0, 1, 2, 3, 4]
    queue.post(called.append, 5)
    loop.run()
    assert called[-1] == 5


def test_a_call_that_fails_is_logged_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop, called = Woken(), list[int]()

    def fails() -> None:
        raise ValueError("broken")

    queue = Queue(loop.ask)
    queue.post(fails)
    queue.post(called.append, 1)
    loop.run()
    assert called == [1]
    assert "a call from another thread failed" in caplog.text


def test_a_loop_that_has_ended_is_told_nothing_and_holds_nothing() -> None:
    def ended(_: Callable[[], None]) -> None:
        raise RuntimeError("closed")

    queue = Queue(ended)
    queue.post(print, bytes(100))
    assert not queue._calls


async def test_work_runs_on_a_loop_of_asyncio_whatever_runs_here(anyio_backend_name: str) -> None:
    async def work() -> tuple[bool, Any]:
        asyncio.get_running_loop()
        return threading.current_thread() is threading.main_thread(), 7

    with anyio.fail_after(PATIENCE):
        async with opened_bridge() as bridge, opened_bridge() as other:
            here, answer = await bridge.run(work)
            assert (await other.run(work))[1] == answer == 7
    assert here is (anyio_backend_name == "asyncio")


async def test_an_error_of_the_work_is_raised_here() -> None:
    async def work() -> None:
        raise OSError("taken")

    with anyio.fail_after(PATIENCE):
        async with opened_bridge() as bridge:
            with pytest.raises(OSError, match="taken"):
                await bridge.run(work)


async def test_work_whose_waiter_is_cancelled_is_cancelled_too() -> None:
    begun, ended = anyio.Event(), list[str]()

    async def work() -> None:
        bridge.to_node(begun.set)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    with anyio.fail_after(PATIENCE):
        async with opened_bridge() as bridge:
            async with anyio.create_task_group() as group:
                group.start_soon(bridge.run, work)
                await begun.wait()
                group.cancel_scope.cancel()
    assert ended == ["cancelled"]
