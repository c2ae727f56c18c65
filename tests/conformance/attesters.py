"""A sound attester, whose evidence is a keyed digest of the binding, and broken ones."""

from __future__ import annotations

from contextlib import asynccontextmanager
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import attrs

from partywire.errors import EvidenceInvalid
from partywire.identity import Evidence
from partywire.interfaces import Attester
from partywire.testing import AttesterCase, AttesterContract
from tests.conformance.broken.closing import leak
from tests.conformance.running import Broken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = b"of this machine"


@attrs.frozen
class Serial(Evidence):
    number: int


class DigestAttester(Attester):
    def __init__(self) -> None:
        self.number = self.shown = 0
        self.news = anyio.Event()

    async def credentials(self) -> Evidence:
        self.shown = self.number
        return Serial("alice", "a test", self.number)

    async def changed(self) -> None:
        while self.shown == self.number:
            await self.news.wait()

    async def attest(self, binding: bytes) -> bytes:
        await anyio.lowlevel.checkpoint()
        return blake2b(binding, key=KEY).digest()

    async def renew(self) -> None:
        self.number += 1
        self.news.set()
        self.news = anyio.Event()


def check(binding: bytes, evidence: bytes) -> None:
    wanted = blake2b(binding, key=KEY).digest()
    if not any(
        compare_digest(wanted, evidence[at : at + 64]) for at in range(0, len(evidence), 64)
    ):
        raise EvidenceInvalid("alice", "bound to something else")


class OfDigests(AttesterContract):
    subject: ClassVar[type[DigestAttester]] = DigestAttester

    @asynccontextmanager
    async def case(self) -> AsyncIterator[AttesterCase]:
        attester = self.subject()
        yield AttesterCase(attester, "alice", attester.renew, check)


class NoSource(DigestAttester):
    async def credentials(self) -> Evidence:
        return attrs.evolve(await super().credentials(), source="")


class NeverTheSame(DigestAttester):
    async def credentials(self) -> Evidence:
        self.number += 1
        return await super().credentials()


class NothingNew(DigestAttester):
    async def credentials(self) -> Evidence:
        await super().credentials()
        return Serial("alice", "a test", 0)


class TellsAtOnce(DigestAttester):
    async def changed(self) -> None:
        """There is news all the time."""


class TellsOne(DigestAttester):
    """The first who waits takes the news away."""

    waiting = 0

    async def changed(self) -> None:
        if self.waiting:
            await anyio.sleep_forever()
        self.waiting += 1
        try:
            await super().changed()
        finally:
            self.waiting -= 1


class TellsOfTheNext(DigestAttester):
    """Waits for the next change, whatever came before."""

    async def changed(self) -> None:
        await self.news.wait()


class ForgetsWhoWasCancelled(DigestAttester):
    cancelled = False

    async def changed(self) -> None:
        if self.cancelled:
            await anyio.sleep_forever()
        try:
            await super().changed()
        except BaseException:
            self.cancelled = True
            raise


class CutsTheBinding(DigestAttester):
    async def attest(self, binding: bytes) -> bytes:
        return await super().attest(binding[:512])


class BindsAll(DigestAttester):
    """One that proves every binding it was ever asked for, and a shorter one."""

    async def attest(self, binding: bytes) -> bytes:
        return await super().attest(binding) + await super().attest(binding[:-1])


class IsText(DigestAttester):
    async def attest(self, binding: bytes) -> Any:
        return bytearray(await super().attest(binding))


class LastComesFirst(DigestAttester):
    """One request at a time is kept."""

    binding = b""

    async def attest(self, binding: bytes) -> bytes:
        self.binding = binding
        await anyio.lowlevel.checkpoint()
        return await super().attest(self.binding)


class KeepsALock(DigestAttester):
    """A request that was cancelled is never given up."""

    busy = False

    async def attest(self, binding: bytes) -> bytes:
        while self.busy:  # noqa: ASYNC110
            await anyio.sleep(0.001)
        self.busy = True
        evidence = await super().attest(binding)
        self.busy = False
        return evidence


class Leaks(DigestAttester):
    def __init__(self) -> None:
        super().__init__()
        leak()


WAITS = "test_changed_waits_for_a_change"
TELLS = "test_changed_tells_of_a_change"
CANCELLED = "test_a_cancelled_wait_misses_no_change"
BOUND = "test_evidence_is_bound_to_its_binding"
SIDE = "test_it_attests_while_others_are_attested"

TABLE = [
    Broken(NoSource, OfDigests, "test_its_credentials_are_evidence_of_its_party"),
    Broken(NeverTheSame, OfDigests, "test_its_credentials_stay_until_they_change"),
    Broken(NothingNew, OfDigests, "test_new_credentials_differ"),
    Broken(TellsAtOnce, OfDigests, WAITS),
    Broken(TellsOne, OfDigests, TELLS),
    Broken(TellsOfTheNext, OfDigests, "test_no_change_is_missed", [CANCELLED]),
    Broken(ForgetsWhoWasCancelled, OfDigests, CANCELLED),
    Broken(CutsTheBinding, OfDigests, BOUND, [SIDE]),
    Broken(BindsAll, OfDigests, "test_evidence_proves_no_other_binding"),
    Broken(IsText, OfDigests, "test_evidence_fits_the_hello"),
    Broken(LastComesFirst, OfDigests, SIDE),
    Broken(KeepsALock, OfDigests, "test_a_cancelled_attestation_stops_no_other"),
    Broken(Leaks, OfDigests, "test_it_leaves_no_task"),
]
