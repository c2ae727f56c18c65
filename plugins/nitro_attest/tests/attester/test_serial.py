"""A module asked by many at once: one after the other, whoever goes away."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import pytest

from partywire_nitro_attest.attester.serial import CLOSED, Serial
from partywire_nitro_attest.security_module import ModuleFailed, SecurityModule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
PATIENCE = 20.0
FAULT = b"fails"


class Slow(SecurityModule):
    """Answers once it is let, and notices a call beside another one."""

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.began: list[bytes | None] = []
        self.entered = threading.Event()
        self.inside = 0
        self.most = 0

    def attest(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.began.append(nonce)
        self.entered.set()
        assert self.let.acquire(timeout=PATIENCE)
        self.inside -= 1
        if nonce == FAULT:
            raise LookupError("a fault of its own")
        return nonce or b""


@asynccontextmanager
async def serving(module: SecurityModule) -> AsyncIterator[Serial]:
    serial = Serial(module)
    with anyio.fail_after(PATIENCE):
        async with serial.serving():
            yield serial


async def ask(serial: Serial, nonce: bytes, answers: list[bytes] | None = None) -> None:
    found = await serial.attest(public_key=b"", nonce=nonce)
    if answers is not None:
        answers.append(found)


async def give_up(serial: Serial, nonce: bytes) -> None:
    """Ask, and go away once there is nothing to do but to wait."""
    async with anyio.create_task_group() as group:
        group.start_soon(ask, serial, nonce)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()


async def entered(module: Slow) -> None:
    await anyio.to_thread.run_sync(module.entered.wait)


async def test_calls_are_made_one_at_a_time_in_order() -> None:
    module, found = Slow(), list[bytes]()
    wanted = [bytes([number]) for number in range(1, 9)]
    async with serving(module) as serial:
        async with anyio.create_task_group() as group:
            for nonce in wanted:
                group.start_soon(ask, serial, nonce, found)
                await anyio.wait_all_tasks_blocked()
            module.let.release(len(wanted))
    assert found == module.began == wanted
    assert module.most == 1


async def test_a_cancelled_call_leaves_the_next_one_alone() -> None:
    module = Slow()
    async with serving(module) as serial, anyio.create_task_group() as group:
        scopes = [anyio.CancelScope() for _ in range(2)]

        async def ask(scope: anyio.CancelScope, nonce: bytes) -> None:
            with scope:
                await serial.attest(public_key=b"", nonce=nonce)

        group.start_soon(ask, scopes[0], b"asked")
        await entered(module)
        group.start_soon(ask, scopes[1], b"waiting")
        await anyio.wait_all_tasks_blocked()
        for scope in scopes:
            scope.cancel()
        module.let.release(2)
        assert await serial.attest(public_key=b"", nonce=b"next") == b"next"
    assert module.began == [b"asked", b"next"]
    assert module.most == 1


async def test_a_module_that_hangs_keeps_one_thread_whoever_goes_away() -> None:
    module, found = Slow(), list[bytes]()
    async with serving(module) as serial:
        await give_up(serial, b"hangs")
        await entered(module)
        before = threading.active_count()
        for _ in range(50):
            await give_up(serial, b"given up")
        assert threading.active_count() <= before
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0
        async with anyio.create_task_group() as group:
            for nonce in (b"next", b"last"):
                group.start_soon(ask, serial, nonce, found)
                await anyio.wait_all_tasks_blocked()
            assert threading.active_count() <= before
            module.let.release(3)
    assert found == [b"next", b"last"]
    assert module.began == [b"hangs", b"next", b"last"]
    assert module.most == 1


async def test_what_a_module_raises_is_for_who_has_asked() -> None:
    module = Slow()
    module.let.release(2)
    async with serving(module) as serial:
        with pytest.raises(LookupError, match="a fault of its own"):
            await serial.attest(public_key=b"", nonce=FAULT)
        assert await serial.attest(public_key=b"", nonce=b"next") == b"next"


async def test_nobody_is_served_who_waits_when_it_ends_or_asks_later() -> None:
    module, said = Slow(), list[str]()
    serial = Serial(module)

    async def ask(nonce: bytes) -> None:
        with pytest.raises(ModuleFailed) as raised:
            await serial.attest(public_key=b"", nonce=nonce)
        said.append(raised.value.problem)

    with anyio.fail_after(PATIENCE):
        await ask(b"before")
        async with anyio.create_task_group() as group:
            async with serial.serving():
                group.start_soon(ask, b"inside")
                await entered(module)
                group.start_soon(ask, b"waiting")
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(RuntimeError, match="served already"):
                    await serial.serving().__aenter__()
        await ask(b"after")
    module.let.release()
    assert said == [CLOSED] * 4
    assert module.began == [b"inside"]


@pytest.mark.parametrize("backends", [("asyncio", "trio"), ("trio", "asyncio")])
def test_what_an_event_loop_has_left_in_the_module_stays_alone(backends: tuple[str, str]) -> None:
    """A later loop is refused until that thread is back, and is served then."""
    module = Slow()
    serial = Serial(module)

    async def leave() -> None:
        with anyio.fail_after(PATIENCE):
            async with serial.serving():
                await give_up(serial, b"left")
                await entered(module)

    async def refused() -> None:
        with anyio.fail_after(PATIENCE):
            async with serial.serving():
                for nonce in (b"one", b"two"):
                    with pytest.raises(ModuleFailed, match="another event loop"):
                        await serial.attest(public_key=b"", nonce=nonce)

    async def served() -> bytes:
        with anyio.fail_after(PATIENCE):
            async with serial.serving():
                while True:
                    with suppress(ModuleFailed):
                        return await serial.attest(public_key=b"", nonce=b"next")

    anyio.run(leave, backend=backends[0])
    anyio.run(refused, backend=backends[1])
    module.let.release(2)
    assert anyio.run(served, backend=backends[1]) == b"next"
    assert module.began == [b"left", b"next"]
    assert module.most == 1
