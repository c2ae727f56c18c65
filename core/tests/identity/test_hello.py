"""The hello: an incarnation is believed once its echo proves that it is alive."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from core.tests.identity.desk import BATCH, FIRST, LIFE, Desk, fails, third
from partywire.delivery.hello import MAX_SLOT, NONCE, Hello, Welcome, roster_fingerprint
from partywire.delivery.records import Receipt
from partywire.errors import IdentityMismatch, Rejected
from partywire.identity import Evidence


async def test_three_steps_and_then_batches_are_taken() -> None:
    desk = Desk()
    bob = desk.bob()
    second = await bob.greet(FIRST)
    assert isinstance(second, Hello)
    assert (second.echo, len(second.nonce)) == (FIRST.nonce, NONCE)
    assert desk.told == []
    assert await bob.greet(third(second)) == Welcome(roster_agrees=True)
    assert desk.told == [("bob", LIFE)]
    assert bob.accept_nowait(BATCH) == Receipt([], [])


async def test_another_roster_is_a_warning_and_no_refusal() -> None:
    bob = Desk().bob()
    assert await bob.greet(third(await bob.greet(FIRST), roster=b"other")) == Welcome(
        roster_agrees=False
    )


async def test_a_batch_before_the_hello_is_rejected() -> None:
    desk = Desk()
    bob = desk.bob()
    await bob.greet(FIRST)
    with pytest.raises(Rejected, match="greeted"):
        bob.accept_nowait(BATCH)
    assert desk.router.taken == 0


async def test_an_echo_of_another_connection_proves_nothing() -> None:
    desk = Desk()
    replayed = third(await desk.bob().greet(FIRST))
    bob = desk.bob()
    await bob.greet(FIRST)
    with pytest.raises(Rejected, match="echo"):
        await bob.greet(replayed)
    assert desk.told == []


async def test_the_incarnation_cannot_change_on_the_way() -> None:
    bob = Desk().bob()
    with pytest.raises(Rejected, match="echo"):
        await bob.greet(third(await bob.greet(FIRST), incarnation=b"c" * NONCE))


async def test_a_fourth_step_is_rejected() -> None:
    bob = Desk().bob()
    last = third(await bob.greet(FIRST))
    await bob.greet(last)
    with pytest.raises(Rejected):
        await bob.greet(last)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": 0},
        {"kind": "else"},
        {"incarnation": b"short"},
        {"nonce": b""},
        {"nonce": b"n" * (NONCE + 1)},
        {"slot": bytes(MAX_SLOT + 1)},
    ],
    ids=str,
)
async def test_a_first_step_that_is_none_is_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await Desk().bob().greet(attrs.evolve(FIRST, **changes))


def test_a_caller_without_a_name_is_told_so() -> None:
    with pytest.raises(IdentityMismatch) as caught:
        Desk().reception.arrive(Evidence("", "somewhere"), fails)
    told = "identity of a nameless caller refused: it does not name exactly one party"
    assert str(caught.value) == told


def test_who_is_not_in_the_roster_is_not_even_judged() -> None:
    with pytest.raises(IdentityMismatch, match="no such party") as caught:
        Desk().reception.arrive(Evidence("mallory\n\x1b[31m", "somewhere"), fails)
    assert "\x1b" not in str(caught.value)


def test_the_fingerprint_is_of_parties_and_proofs_in_any_order() -> None:
    entries = [("alice", "1"), ("bob", "2")]
    assert roster_fingerprint(entries) == roster_fingerprint(reversed(entries))
    assert roster_fingerprint(entries) != roster_fingerprint([("alice", "2"), ("bob", "1")])
