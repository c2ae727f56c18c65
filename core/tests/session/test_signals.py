"""What wakes a call, on each event loop."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from partywire.session.signals import EventSignal, LoopSignal, Signal, signals

pytestmark = pytest.mark.anyio


async def waits(signal: Signal, woken: list[str]) -> None:
    await signal
    woken.append("woken")


async def test_asyncio_has_futures_and_trio_has_none(anyio_backend_name: str) -> None:
    expected = LoopSignal if anyio_backend_name == "asyncio" else EventSignal
    assert type(signals()()) is expected


async def test_it_wakes_who_waits_and_not_before() -> None:
    signal = signals()()
    woken: list[str] = []
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(waits, signal, woken)
            await anyio.wait_all_tasks_blocked()
            assert woken == []
            signal.set()
    assert woken == ["woken"]


async def test_one_that_has_happened_is_not_waited_for() -> None:
    signal = signals()()
    signal.set()
    signal.set()
    with anyio.fail_after(5):
        await signal


async def test_cancellation_ends_the_wait_and_setting_it_then_harms_nothing() -> None:
    signal = signals()()
    woken: list[str] = []
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(waits, signal, woken)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
    signal.set()
    assert woken == []


async def test_in_a_cancelled_scope_a_wait_does_not_begin() -> None:
    signal = signals()()
    with anyio.fail_after(5), anyio.CancelScope() as scope:
        scope.cancel()
        await signal
    assert scope.cancelled_caught
