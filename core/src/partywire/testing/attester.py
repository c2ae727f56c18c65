"""The contract of an attester."""

import hashlib
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final

import anyio
import anyio.lowlevel
import attrs
import pytest

from partywire.delivery.hello import MAX_PROOF
from partywire.errors import EvidenceInvalid, IdentityError
from partywire.identity import Credentials
from partywire.session.lifetimes import background
from partywire.setting import Attester
from partywire.testing.contract import Contract
from partywire.testing.tasks import no_task_left

LONGEST_BINDING: Final = 64
_BINDINGS: Final = (b"b", b"a connection".ljust(32, b"."), bytes(LONGEST_BINDING))
_STEPS: Final = range(5)
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"
_PRIVATE: Final = b"PRIVATE KEY-----"


@attrs.frozen
class AttesterCase:
    """An open attester, and how the test reaches what is behind it.

    Attributes:
        attester: the one that is tested.
        renew: makes its credentials change, as time or an operator would.
        check: raises an `IdentityError` unless evidence (second) is bound to a binding (first) and
            belongs to the certificate of these credentials (third).
    """

    attester: Attester
    renew: Callable[[], Awaitable[None]]
    check: Callable[[bytes, bytes, Credentials], None]


class AttesterContract(Contract, ABC):
    """What an attester promises, one test for each promise."""

    @abstractmethod
    def case(self) -> AbstractAsyncContextManager[AttesterCase]:
        """Hold an attester open."""

    async def test_its_credentials_are_a_chain_and_a_key(self) -> None:
        """Both in PEM."""
        async with self.case() as case:
            shown = await case.attester.credentials()
            assert isinstance(shown, Credentials), f"{type(shown).__name__} is no credentials"
            assert _BEGIN.encode() in shown.certificates, "no certificate in PEM"
            assert _PRIVATE in shown.private_key, "no private key in PEM"
            assert _PRIVATE not in shown.certificates, "the key is in the chain, which is shown"

    async def test_its_key_is_in_no_repr(self) -> None:
        """Whoever logs credentials, or their attester, shows no part of the key."""
        async with self.case() as case:
            shown = await case.attester.credentials()
            lines = shown.private_key.decode("ascii", "replace").splitlines()
            for text in (repr(shown), str(shown), repr(case.attester)):
                assert not any(line in text for line in lines if line.strip()), "shows the key"

    async def test_its_credentials_stay_until_they_change(self) -> None:
        """Whoever asks twice is given the same."""
        async with self.case() as case:
            first = await case.attester.credentials()
            assert await case.attester.credentials() == first

    async def test_credentials_that_were_not_waited_for_are_given(self) -> None:
        """A call that is cancelled, however far it has come, takes nothing from the next one."""
        async with self.case() as case:
            first = await case.attester.credentials()
            for steps in _STEPS:
                await _give_up(case.attester.credentials, steps)
                with anyio.fail_after(self.patience):
                    assert await case.attester.credentials() == first

    async def test_new_credentials_differ(self) -> None:
        """After a change there is something new to show."""
        async with self.case() as case:
            first = await case.attester.credentials()
            await case.renew()
            assert await case.attester.credentials() != first

    async def test_changed_waits_for_a_change(self) -> None:
        """It does not return before there is one."""
        async with self.case() as case, background() as group:
            await case.attester.credentials()
            told = anyio.Event()
            group.start_soon(self._tell, case, told)
            await anyio.wait_all_tasks_blocked()
            assert not told.is_set(), "told of a change that did not come"

    async def test_changed_tells_of_a_change(self) -> None:
        """To everybody who waits."""
        async with self.case() as case, background() as group:
            await case.attester.credentials()
            told = [anyio.Event(), anyio.Event()]
            for event in told:
                group.start_soon(self._tell, case, event)
            await anyio.wait_all_tasks_blocked()
            await case.renew()
            with anyio.fail_after(self.patience):
                for event in told:
                    await event.wait()

    async def test_no_change_is_missed(self) -> None:
        """One that came between `credentials` and `changed` is told at once."""
        async with self.case() as case:
            await case.attester.credentials()
            await case.renew()
            with anyio.fail_after(self.patience):
                await case.attester.changed()

    async def test_a_cancelled_wait_misses_no_change(self) -> None:
        """`changed` can be cancelled and called again."""
        async with self.case() as case:
            await case.attester.credentials()
            async with background() as group:
                group.start_soon(case.attester.changed)
                await anyio.wait_all_tasks_blocked()
            await case.renew()
            with anyio.fail_after(self.patience):
                await case.attester.changed()

    async def test_evidence_is_bound_to_its_binding(self) -> None:
        """It proves that binding, of any length up to 64 bytes."""
        async with self.case() as case:
            for binding in _BINDINGS:
                await self._attest(case, binding)

    async def test_evidence_proves_no_other_binding(self) -> None:
        """Nobody can show it on a connection of their own."""
        async with self.case() as case:
            evidence = await case.attester.attest(_BINDINGS[1])
            newest = await case.attester.credentials()
            for other in (_BINDINGS[0], _BINDINGS[1][:-1], b""):
                with pytest.raises(IdentityError):
                    case.check(other, evidence, newest)

    async def test_evidence_belongs_to_what_was_shown(self) -> None:
        """To the newest certificate, or to the one before it, which a connection may still show."""
        async with self.case() as case:
            former = await case.attester.credentials()
            await self._attest(case, _BINDINGS[1], former)
            await case.renew()
            for shown in (former, await case.attester.credentials()):
                await self._attest(case, _BINDINGS[1], shown)

    async def test_what_it_does_not_show_gets_no_evidence(self) -> None:
        """A certificate before those two, and one that it has never made, is refused."""
        async with self.case() as case:
            oldest = await case.attester.credentials()
            for _ in range(2):
                await case.renew()
                await case.attester.credentials()
            for shown in (_digest(oldest), bytes(len(_digest(oldest)))):
                with anyio.fail_after(self.patience), pytest.raises(EvidenceInvalid):
                    await case.attester.attest(_BINDINGS[1], shown=shown)

    async def test_evidence_fits_the_hello(self) -> None:
        """It is bytes, and at most as many as the slot of a hello takes."""
        async with self.case() as case:
            for binding in _BINDINGS:
                evidence = await case.attester.attest(binding)
                assert isinstance(evidence, bytes), f"{type(evidence).__name__} instead of bytes"
                assert len(evidence) <= MAX_PROOF, f"{len(evidence)} bytes"

    async def test_it_attests_while_others_are_attested(self) -> None:
        """Each call gets the evidence for its own binding."""
        async with self.case() as case, anyio.create_task_group() as group:
            for binding in _BINDINGS * 3:
                group.start_soon(self._attest, case, binding)

    async def test_a_cancelled_attestation_stops_no_other(self) -> None:
        """The next one gets its evidence, however far a call had come that was cancelled."""
        async with self.case() as case:
            for steps in _STEPS:
                await _give_up(partial(case.attester.attest, _BINDINGS[0]), steps)
                with anyio.fail_after(self.patience):
                    await self._attest(case, _BINDINGS[1])

    async def test_it_leaves_no_task(self) -> None:
        """When it was closed, nothing of it runs."""
        async with no_task_left(), self.case() as case:
            await self._attest(case, _BINDINGS[0])

    async def _tell(self, case: AttesterCase, told: anyio.Event) -> None:
        await case.attester.changed()
        told.set()

    async def _attest(
        self, case: AttesterCase, binding: bytes, shown: Credentials | None = None
    ) -> None:
        digest = _digest(shown) if shown else b""
        shown = shown or await case.attester.credentials()
        case.check(binding, await case.attester.attest(binding, shown=digest), shown)


async def _give_up(call: Callable[[], Awaitable[object]], steps: int) -> None:
    """Begin a call, and cancel it after so many turns of the event loop."""

    async def begin() -> None:
        await call()

    async with background() as group:
        group.start_soon(begin)
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()


def _digest(shown: Credentials) -> bytes:
    """Return SHA-256 of the leaf, in DER."""
    text = shown.certificates.decode("ascii")
    leaf = text[: text.index(_END) + len(_END)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf[leaf.index(_BEGIN) :])).digest()
