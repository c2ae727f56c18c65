"""Challenge and proof: what is refused, whichever end it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from core.tests.identity.meeting import (
    PARTIES,
    STEP,
    Meeting,
    other,
    proof_in,
    with_proof,
)
from partywire.delivery.challenge import End, Exchange, Role, Slot, decode_slot, encode_slot
from partywire.delivery.hello import MAX_PROOF, MAX_SLOT, NONCE, Hello, HelloAnswer, Welcome
from partywire.errors import IdentityError, Rejected
from partywire.node.answering import Answering
from partywire.node.counterpart import NO_ATTESTER, NO_PROOF

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


async def test_each_end_proves_itself_to_the_other(meeting: Meeting) -> None:
    """And who dials comes first."""
    await meeting.takes_place()
    assert meeting.proved == [Role.DIALLER, Role.SERVER]
    for role in Role:
        attester = meeting.attesters[role]
        assert attester
        assert attester.shown == [meeting.own[role].certificate]


@pytest.mark.parametrize("role", Role)
async def test_only_who_is_asked_proves_itself(meeting: Meeting, role: Role) -> None:
    meeting.challenges = {role}
    await meeting.takes_place()
    assert meeting.proved == [role]
    idle = meeting.attesters[other(role)]
    assert idle
    assert idle.shown == []


async def test_two_that_ask_for_nothing_and_have_nothing_send_no_slot(meeting: Meeting) -> None:
    meeting.challenges = set()
    meeting.attesters = dict.fromkeys(Role)
    await meeting.takes_place()
    assert all(step.slot == b"" for step in meeting.steps if isinstance(step, Hello))
    assert meeting.steps[-1] == Welcome(roster_agrees=True)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "change",
    [
        lambda x: Exchange(x.server, x.dialler, x.first, x.second),
        lambda x: attrs.evolve(x, dialler=End("carol", x.dialler.certificate)),
        lambda x: attrs.evolve(x, server=End("carol", x.server.certificate)),
        lambda x: attrs.evolve(x, dialler=End(x.dialler.party, b"C" * 32)),
        lambda x: attrs.evolve(x, server=End(x.server.party, b"")),
        lambda x: attrs.evolve(x, first=attrs.evolve(x.first, nonce=bytes(NONCE))),
        lambda x: attrs.evolve(x, second=attrs.evolve(x.second, features=("later",))),
    ],
    ids=["reflected", "dialler", "server", "certificate", "no certificate", "first", "second"],
)
async def test_a_proof_of_something_else_is_refused(
    meeting: Meeting, role: Role, change: Callable[[Exchange], Exchange]
) -> None:
    meeting.forged(role, change, of=role)
    with pytest.raises(IdentityError, match=f"{PARTIES[role]} refused: another proof"):
        await meeting.takes_place()
    assert role not in meeting.proved


@pytest.mark.parametrize("role", Role)
async def test_a_proof_for_the_other_role_is_refused(meeting: Meeting, role: Role) -> None:
    meeting.forged(role, lambda same: same, of=other(role))
    with pytest.raises(IdentityError, match="another proof"):
        await meeting.takes_place()


@pytest.mark.parametrize("role", Role)
async def test_a_proof_that_is_forged_as_it_should_be_passes(meeting: Meeting, role: Role) -> None:
    """So that the tests above fail for what they change."""
    meeting.forged(role, lambda same: same, of=role)
    await meeting.takes_place()
    assert meeting.proved == [Role.DIALLER, Role.SERVER]


@pytest.mark.parametrize("role", Role)
async def test_a_proof_of_an_earlier_connection_is_refused(meeting: Meeting, role: Role) -> None:
    await meeting.takes_place()
    former = proof_in(meeting.steps[STEP[role]])
    meeting.change[STEP[role]] = lambda step: with_proof(step, former)
    with pytest.raises(IdentityError, match="another proof"):
        await meeting.takes_place()


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize(
    "changes", [{"roster": b"else"}, {"clock": 1.0}, {"started": 7.0}, {"features": ("x",)}]
)
async def test_a_hello_that_was_changed_on_the_way_is_refused(
    meeting: Meeting, step: int, changes: dict[str, object]
) -> None:
    """By the first who checks a proof."""
    meeting.change[step] = lambda hello: attrs.evolve(hello, **changes)
    with pytest.raises(IdentityError, match="alice refused: another proof"):
        await meeting.takes_place()


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize(
    ("slot", "words"),
    [
        (b"\x01\x01" + bytes(31), "cut short"),
        (b"\x02\x01" + bytes(32), "of version 2"),
        (b"\x01\x07" + bytes(32), "a flag"),
        (bytes(MAX_SLOT + 1), "fields of wrong length"),
    ],
    ids=["31 bytes", "version", "flag", "too large"],
)
async def test_a_slot_out_of_shape_is_refused(
    meeting: Meeting, step: int, slot: bytes, words: str
) -> None:
    meeting.change[step] = lambda hello: attrs.evolve(hello, slot=slot)
    with pytest.raises(Rejected, match=words):
        await meeting.takes_place()


@pytest.mark.parametrize("role", Role)
async def test_who_gives_no_proof_is_told_what_it_needs(meeting: Meeting, role: Role) -> None:
    meeting.change[STEP[role]] = lambda step: with_proof(step, b"")
    with pytest.raises(Rejected, match=f"{PARTIES[role]}: gave no proof") as caught:
        await meeting.takes_place()
    assert caught.value.problem == NO_PROOF


async def test_a_server_without_an_attester_is_named_by_the_dialler(meeting: Meeting) -> None:
    meeting.attesters[Role.SERVER] = None
    with pytest.raises(Rejected) as caught:
        await meeting.takes_place()
    assert (caught.value.party, caught.value.problem) == ("bob", NO_PROOF)


async def test_a_dialler_without_an_attester_says_what_its_config_needs(meeting: Meeting) -> None:
    meeting.attesters[Role.DIALLER] = None
    with pytest.raises(Rejected) as caught:
        await meeting.takes_place()
    assert (caught.value.party, caught.value.problem) == ("bob", NO_ATTESTER)


@pytest.mark.parametrize("challenges", [set(), set(Role)], ids=["asked nothing", "challenged"])
async def test_a_dialler_that_ends_its_hello_without_a_proof_is_refused(
    meeting: Meeting, challenges: set[Role]
) -> None:
    """It may have an empty slot all along."""
    meeting.challenges = {Role.DIALLER} | challenges
    meeting.attesters[Role.DIALLER] = None
    await meeting_by_hand(meeting, third=lambda second: b"")


async def meeting_by_hand(meeting: Meeting, third: Callable[[Hello], bytes]) -> None:
    there = meeting.counterpart(Role.DIALLER, Role.SERVER)
    answering = Answering(there, meeting.introduction(Role.SERVER))
    first = meeting.introduction(Role.DIALLER).step(nonce=b"n" * NONCE)
    second = await answering.answer(first)
    assert isinstance(second, Hello)
    with pytest.raises(Rejected) as caught:
        await answering.answer(
            attrs.evolve(first, nonce=b"", echo=second.nonce, slot=third(second))
        )
    assert caught.value.problem == NO_PROOF
    assert answering.met is None


@pytest.mark.parametrize("role", Role)
async def test_a_proof_that_nobody_asked_for_is_refused(meeting: Meeting, role: Role) -> None:
    meeting.challenges = {other(role)}

    def unasked(step: HelloAnswer) -> HelloAnswer:
        if isinstance(step, Welcome):
            return with_proof(step, b"a proof")
        first = meeting.steps[0]
        assert isinstance(first, Hello)
        return with_proof(attrs.evolve(step, slot=first.slot), b"a proof")

    meeting.change[STEP[role]] = unasked
    with pytest.raises(Rejected, match=f"{PARTIES[role]}: a proof that was not asked for"):
        await meeting.takes_place()


@pytest.mark.parametrize(("step", "party"), [(0, "alice"), (1, "bob")])
async def test_a_proof_before_its_turn_is_refused(meeting: Meeting, step: int, party: str) -> None:
    meeting.change[step] = lambda step: with_proof(step, b"early")
    with pytest.raises(Rejected, match=f"{party}: a proof out of turn"):
        await meeting.takes_place()


@pytest.mark.parametrize("proof", [b"", b"no proof"])
async def test_a_server_makes_no_proof_for_a_caller_that_owes_its_own(
    meeting: Meeting, proof: bytes
) -> None:
    """So whoever has a caller's key, and no more, cannot use up the proofs that are for it."""
    meeting.change[2] = lambda step: with_proof(step, proof)
    with pytest.raises((Rejected, IdentityError)):
        await meeting.takes_place()
    server = meeting.attesters[Role.SERVER]
    assert server
    assert server.shown == []


async def test_a_proof_of_a_server_that_is_too_large_is_refused(meeting: Meeting) -> None:
    meeting.change[3] = lambda end: with_proof(end, bytes(MAX_PROOF + 1))
    with pytest.raises(Rejected, match=f"bob: a proof of {MAX_PROOF + 1} bytes, of at most"):
        await meeting.takes_place()


async def test_another_challenge_in_the_third_step_is_refused(meeting: Meeting) -> None:
    meeting.change[2] = lambda step: attrs.evolve(
        step, slot=encode_slot(Slot(False, bytes(32), b"proof"))
    )
    with pytest.raises(Rejected, match="changes its challenge"):
        await meeting.takes_place()


@pytest.mark.parametrize(("seconds", "late"), [(30.0, False), (31.0, True)])
@pytest.mark.parametrize("role", Role)
async def test_an_answer_is_good_for_half_a_minute(
    meeting: Meeting, role: Role, seconds: float, late: bool
) -> None:
    def slowly(step: HelloAnswer) -> HelloAnswer:
        meeting.now += seconds
        return step

    meeting.change[STEP[role]] = slowly
    if not late:
        await meeting.takes_place()
        return
    with pytest.raises(Rejected, match=f"{PARTIES[role]}: a proof more than 30 s after"):
        await meeting.takes_place()


async def test_no_two_hellos_have_a_challenge_in_common(meeting: Meeting) -> None:
    seen = set()
    for _ in range(3):
        await meeting.takes_place()
        for step in meeting.steps[:2]:
            assert isinstance(step, Hello)
            slot = decode_slot(step.slot)
            assert slot
            seen.add(slot.challenge)
    assert len(seen) == 6
