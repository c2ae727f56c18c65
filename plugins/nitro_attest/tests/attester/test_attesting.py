"""The attester keeps the contract of attesters, renews in time, and shows nothing that is over."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from partywire.errors import ConfigInvalid, EvidenceInvalid
from partywire.session.lifetimes import background
from partywire.testing import AttesterCase, AttesterContract
from partywire_nitro_attest import Refusal, Refused, judge_document
from partywire_nitro_attest.attester.attesting import attesting
from partywire_nitro_attest.attester.issuing import Issuing
from partywire_nitro_attest.carriers import carried_by
from partywire_nitro_attest.development import DevelopmentModule, in_debug_mode
from partywire_nitro_attest.policy import judge_policy
from partywire_nitro_attest.security_module import ModuleFailed

from .parties import ALICE, NOW, ROOT, TRUST, Clock, own_ca, party_certificate
from .shows import IMAGE, MODES, PATIENCE, POLICY, certificate, digest, end_of, key_of, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.identity import Credentials
    from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto

pytestmark = pytest.mark.anyio


class TestContract(AttesterContract):
    mode: FullAuto | SemiAuto = MODES["full-auto"]

    @asynccontextmanager
    async def case(self) -> AsyncIterator[AttesterCase]:
        async with running(self.mode) as found:

            async def renew() -> None:
                await found.run(found.clock.now + 3 * 3600)

            def check(binding: bytes, evidence: bytes, shown: Credentials) -> None:
                judged = judge_document(evidence, now=found.clock.now, trust=TRUST)
                judge_policy(judged, POLICY, public_key=key_of(shown), nonce=binding)

            yield AttesterCase(found.attester, renew, check)


class TestContractInSemiAuto(TestContract):
    mode = MODES["semi-auto"]


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
async def test_it_renews_a_quarter_of_an_hour_ahead_each_time(mode: FullAuto | SemiAuto) -> None:
    async with running(mode) as found:
        ends = [end_of(await found.attester.credentials())]
        for _ in range(4):
            await found.run(ends[-1] - 14 * 60)
            ends.append(end_of(await found.attester.credentials()))
        assert [later - sooner for sooner, later in pairwise(ends)] == pytest.approx(
            [9900] * 4, abs=70
        )
        assert found.module.asked <= 1 + 4 * 3


async def test_it_asks_for_nothing_before_that() -> None:
    async with running(own_ca()) as found:
        await found.run(NOW + 3 * 3600 - 15 * 60 - 1)
        assert found.module.asked == 1


async def test_it_asks_each_minute_until_there_is_something_new(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(own_ca()) as found:
        first = await found.attester.credentials()
        found.module.fails = True
        await found.run(NOW + 3 * 3600 - 1)
        assert found.module.asked == 1 + 15
        assert await found.attester.credentials() == first
        assert sum("is not renewed yet" in line for line in caplog.messages) == 1
        late = [line for line in caplog.messages if "was not renewed" in line]
        assert late == [
            f"the certificate of {ALICE} ends in 7 minutes and was not renewed: the security "
            "module failed at Attestation: InternalError: a fault of its own"
        ]
        found.module.fails = False
        await found.run(NOW + 3 * 3600 + 61)
        assert await found.attester.credentials() != first


@pytest.mark.parametrize("failure", [RuntimeError("d = 0x7a31"), MemoryError(), KeyError("key")])
async def test_whatever_fails_the_tries_go_on(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """A thread that cannot be started, or a bug of a module, is no reason to end a node."""
    async with running(own_ca()) as found:
        first = await found.attester.credentials()
        found.module.fails, found.module.failure = True, failure
        await found.run(NOW + 3 * 3600 - 1)
        assert found.module.asked == 1 + 15
        why = f"the attester failed with {type(failure).__name__}"
        assert caplog.messages == [
            f"the certificate of {ALICE} is not renewed yet: {why}",
            f"the certificate of {ALICE} ends in 7 minutes and was not renewed: {why}",
        ]
        assert not any(each.exc_info for each in caplog.records)
        found.module.fails = False
        await found.run(NOW + 3 * 3600 + 61)
        assert await found.attester.credentials() != first


async def test_a_document_that_lasts_no_longer_is_not_taken() -> None:
    """Genuine modules sign with one certificate for hours, and a new document ends with it."""
    async with running(own_ca()) as found:
        module, found.module.module = (
            found.module.module,
            _Lasting(found.module.module, found.clock),
        )
        first = await found.attester.credentials()
        await found.run(NOW + 3 * 3600 - 120)
        assert found.module.asked > 10
        assert await found.attester.credentials() == first
        found.module.module = module
        await found.run(NOW + 3 * 3600 - 1)
        assert await found.attester.credentials() != first


class _Lasting(DevelopmentModule):
    """Never renews its chain."""

    def __init__(self, like: DevelopmentModule, clock: Clock) -> None:
        super().__init__(ROOT, pcrs=IMAGE, clock=clock)
        self._chain = like.making().chain
        self.module_id = like.module_id

    def _renew(self, now: float) -> None:
        pass


async def test_an_expired_certificate_is_never_returned(caplog: pytest.LogCaptureFixture) -> None:
    async with running(own_ca()) as found:
        first = await found.attester.credentials()
        found.module.fails = True
        await found.run(end_of(first))
        shown: list[Credentials] = []

        async def ask() -> None:
            shown.append(await found.attester.credentials())

        async with background() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert not shown
            await found.run(found.clock.now + 1800)
            await anyio.wait_all_tasks_blocked()
            assert not shown
            errors = [each for each in caplog.records if each.levelno == logging.ERROR]
            assert 1 <= len(errors) <= 3
            assert (
                f"the certificate of {ALICE} expired at 2026-06-30 03:33:40 UTC"
                in errors[0].message
            )
            found.module.fails = False
            await found.run(found.clock.now + 61)
            with anyio.fail_after(PATIENCE):
                await anyio.wait_all_tasks_blocked()
        assert end_of(shown[0]) > found.clock.now


async def test_it_keeps_pace_with_certificates_of_seconds() -> None:
    async with running(own_ca(), lifetime=12) as found:
        seen = set()
        for _ in range(60):
            shown = await found.attester.credentials()
            assert end_of(shown) > found.clock.now
            seen.add(digest(shown))
            await found.run(found.clock.now + 1)
        assert len(seen) >= 5


async def test_a_clock_that_is_set_forward_is_noticed() -> None:
    """While the attester sleeps: by a quarter of an hour later it knows."""
    async with running(own_ca()) as found:
        await found.run(NOW + 60)
        assert found.module.asked == 1
        found.clock.now = NOW + 3 * 3600 - 600
        await found.run(found.clock.now + 120)
        assert found.module.asked == 2
        assert max(found.slept, default=0) <= 900.2


async def test_a_proof_names_the_key_that_was_shown() -> None:
    async with running(own_ca()) as found:
        first = await found.attester.credentials()
        await found.run(NOW + 3 * 3600)
        second = await found.attester.credentials()
        keys = {digest(first): key_of(first), digest(second): key_of(second), b"": key_of(second)}
        for shown, key in keys.items():
            proof = await found.attester.attest(b"binding", shown=shown)
            judged = judge_document(proof, now=found.clock.now, trust=TRUST)
            assert judge_policy(judged, POLICY, public_key=key, nonce=b"binding")
        await found.run(NOW + 6 * 3600)
        await found.attester.attest(b"binding", shown=digest(second))
        for other in (digest(first), bytes(32), digest(second)[:-1]):
            with pytest.raises(EvidenceInvalid, match="neither its newest certificate nor the one"):
                await found.attester.attest(b"binding", shown=other)


async def test_a_proof_is_of_the_program_that_the_certificate_is_of() -> None:
    async with running(party_certificate()) as found:
        carried = carried_by(certificate(await found.attester.credentials())).document
        shown, proved = (
            judge_document(raw, now=NOW, trust=TRUST).document
            for raw in (carried, await found.attester.attest(b"binding"))
        )
        for field in ("module_id", "pcrs", "public_key"):
            assert getattr(shown, field) == getattr(proved, field)
        assert proved.nonce == b"binding" != shown.nonce


@pytest.mark.parametrize("binding", [b"", bytes(65)])
async def test_a_binding_out_of_bounds_is_a_mistake_of_the_caller(binding: bytes) -> None:
    async with running(own_ca()) as found:
        with pytest.raises(ValueError, match="1 to 64 bytes"):
            await found.attester.attest(binding)
        assert found.module.asked == 1


async def test_a_failed_attestation_is_an_error_and_the_next_one_is_tried() -> None:
    async with running(own_ca()) as found:
        found.module.fails = True
        with pytest.raises(ModuleFailed, match="InternalError"):
            await found.attester.attest(b"binding")
        found.module.fails = False
        assert await found.attester.attest(b"binding")


async def test_what_every_peer_would_refuse_is_not_begun_with() -> None:
    module = DevelopmentModule(ROOT, pcrs=in_debug_mode(), clock=Clock())
    issuing = Issuing(ALICE, own_ca(), TRUST)
    with pytest.raises(ConfigInvalid, match=r"attester: .*refused \(debug\)") as raised:
        async with attesting(issuing, module, wall=Clock()):
            pass
    assert isinstance(raised.value.__cause__, Refused)
    assert raised.value.__cause__.refusal is Refusal.DEBUG


async def test_what_users_raise_leaves_as_itself() -> None:
    module = DevelopmentModule(ROOT, pcrs=IMAGE, clock=Clock())
    with pytest.raises(KeyError):
        async with attesting(Issuing(ALICE, own_ca(), TRUST), module, wall=Clock()):
            raise KeyError
