"""The line before the attester: a peer that asks without end waits, and nobody else does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from partywire.delivery.challenge import Role
from partywire.delivery.hello import MAX_PROOF
from partywire.delivery.limits import Limits
from partywire.errors import Rejected
from partywire.node.prover import Prover
from partywire.setting import Attester

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.identity import Credentials

PATIENT = Limits(proof_pause=3600.0, proof_burst=6)


class Slow(Attester):
    """Answers when the test says so, and notes who came to it."""

    def __init__(self) -> None:
        self.may_go = anyio.Event()
        self.came: list[bytes] = []
        self.busy = self.most = 0

    async def credentials(self) -> Credentials:
        raise NotImplementedError

    async def changed(self) -> None:
        raise NotImplementedError

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        self.came.append(binding)
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await self.may_go.wait()
        finally:
            self.busy -= 1
        return binding


async def test_a_peer_has_one_place_in_the_line_and_the_others_come_next() -> None:
    attester = Slow()
    prover = Prover(attester, Limits())
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(prover.proof, "mallory", Role.SERVER, b"mallory", b"")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(prover.proof, "bob", Role.SERVER, b"bob", b"")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(prover.proof, "carol", Role.SERVER, b"carol", b"")
            await anyio.wait_all_tasks_blocked()
            assert attester.came == [b"mallory"]
            attester.may_go.set()
            await anyio.wait_all_tasks_blocked()
            assert attester.came[1:3] == [b"bob", b"carol"]
            assert attester.came.count(b"mallory") == 6
            assert attester.most == 1
            group.cancel_scope.cancel()


async def test_a_peer_over_its_pace_waits_and_only_it() -> None:
    attester = Slow()
    attester.may_go.set()
    prover = Prover(attester, PATIENT)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(prover.proof, "mallory", Role.SERVER, b"mallory", b"")
            await anyio.wait_all_tasks_blocked()
            assert len(attester.came) == 6
            assert await prover.proof("bob", Role.SERVER, b"bob", b"") == b"bob"
            assert len(attester.came) == 7
            group.cancel_scope.cancel()


async def test_who_calls_uses_up_no_proof_that_is_made_where_we_call() -> None:
    attester = Slow()
    attester.may_go.set()
    prover = Prover(attester, PATIENT)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(prover.proof, "bob", Role.SERVER, b"called", b"")
            await anyio.wait_all_tasks_blocked()
            for _ in range(6):
                assert await prover.proof("bob", Role.DIALLER, b"calls", b"") == b"calls"
            assert len(attester.came) == 12
            group.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.SERVER, "bob calls here, and asks for a proof, so often"),
        (Role.DIALLER, "we call bob, and it asks for a proof, so often"),
    ],
)
async def test_that_proofs_have_run_out_is_said_once_a_minute(
    role: Role, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    attester = Slow()
    attester.may_go.set()
    prover = Prover(attester, Limits(proof_pause=0.001, proof_burst=1))
    with anyio.fail_after(10):
        for _ in range(20):
            await prover.proof("bob", role, b"bob", b"")
    (line,) = caplog.messages
    assert line.startswith(f"{words} that they are made once in 0.001 s for now")
    assert "somebody else has its key: let it take another certificate" in line
    assert caplog.records[0].levelno == logging.WARNING


async def test_the_turn_of_one_who_was_cancelled_is_the_next_ones() -> None:
    attester = Slow()
    prover = Prover(attester, Limits())
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(prover.proof, "bob", Role.SERVER, b"one", b"")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(prover.proof, "bob", Role.SERVER, b"two", b"")
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        attester.may_go.set()
        assert await prover.proof("bob", Role.SERVER, b"three", b"") == b"three"
    assert attester.came == [b"one", b"three"]


async def test_an_attester_that_blocks_costs_half_of_deliver_timeout() -> None:
    prover = Prover(Slow(), Limits(deliver_timeout=0.01))
    with anyio.fail_after(10), pytest.raises(Rejected, match="no proof could be made for it with"):
        await prover.proof("bob", Role.SERVER, b"bob", b"")


class Says(Slow):
    """Answers at once, with what the test says."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        super().__init__()
        self.answer = answer

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        return self.answer()  # type: ignore[no-any-return]


def fails() -> bytes:
    raise TimeoutError("of the device")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fails, "the attester here failed with TimeoutError"),
        (lambda: "text", "gave str instead of bytes"),
        (lambda: None, "gave NoneType instead of bytes"),
        (lambda: b"", "gave 0 bytes"),
        (lambda: bytes(MAX_PROOF + 1), f"gave {MAX_PROOF + 1} bytes, of at most {MAX_PROOF}"),
    ],
)
async def test_an_attester_that_fails_is_told_in_words(
    answer: Callable[[], Any], words: str
) -> None:
    with pytest.raises(Rejected, match=f"bob: no proof could be made for it: .*{words}"):
        await Prover(Says(answer), Limits()).proof("bob", Role.SERVER, b"bob", b"")


async def test_the_largest_proof_is_taken() -> None:
    proof = bytes(MAX_PROOF)
    assert (
        await Prover(Says(lambda: proof), Limits()).proof("bob", Role.SERVER, b"bob", b"") is proof
    )
