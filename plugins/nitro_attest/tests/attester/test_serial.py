"""A module asked by many at once: one after the other, whoever goes away."""

from __future__ import annotations

import threading

import anyio
import anyio.to_thread
import pytest

from partywire_nitro_attest.attester.serial import Serial
from partywire_nitro_attest.security_module import SecurityModule

pytestmark = pytest.mark.anyio
PATIENCE = 20.0


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
        return nonce or b""


async def test_calls_are_made_one_at_a_time_in_order() -> None:
    module, found = Slow(), []
    serial = Serial(module)

    async def ask(nonce: bytes) -> None:
        found.append(await serial.attest(public_key=b"", nonce=nonce))

    wanted = [bytes([number]) for number in range(1, 9)]
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for nonce in wanted:
                group.start_soon(ask, nonce)
                await anyio.wait_all_tasks_blocked()
            module.let.release(len(wanted))
    assert found == module.began == wanted
    assert module.most == 1


async def test_a_cancelled_call_leaves_the_next_one_alone() -> None:
    module = Slow()
    serial = Serial(module)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            scopes = [anyio.CancelScope() for _ in range(2)]

            async def ask(scope: anyio.CancelScope, nonce: bytes) -> None:
                with scope:
                    await serial.attest(public_key=b"", nonce=nonce)

            group.start_soon(ask, scopes[0], b"asked")
            await anyio.to_thread.run_sync(module.entered.wait)
            group.start_soon(ask, scopes[1], b"waiting")
            await anyio.wait_all_tasks_blocked()
            for scope in scopes:
                scope.cancel()
            module.let.release(2)
            assert await serial.attest(public_key=b"", nonce=b"next") == b"next"
    assert module.began == [b"asked", b"next"]
    assert module.most == 1


async def test_a_module_that_hangs_holds_up_nobody_who_goes_away() -> None:
    module = Slow()
    serial = Serial(module)
    with anyio.fail_after(PATIENCE):
        for nonce in (b"hangs", b"one", b"two"):
            async with anyio.create_task_group() as group:
                group.start_soon(ask, serial, nonce)
                await anyio.wait_all_tasks_blocked()
                await anyio.to_thread.run_sync(module.entered.wait)
                group.cancel_scope.cancel()
        module.let.release(2)
        assert await serial.attest(public_key=b"", nonce=b"next") == b"next"
    assert module.began == [b"hangs", b"next"]
    assert module.most == 1


async def ask(serial: Serial, nonce: bytes) -> None:
    await serial.attest(public_key=b"", nonce=nonce)
