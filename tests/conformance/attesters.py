"""A sound attester, whose evidence is a keyed digest of the binding, and broken ones."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from hashlib import blake2b, sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import attrs

from partywire.errors import EvidenceInvalid
from partywire.identity import Credentials
from partywire.setting import Attester
from partywire.testing import AttesterCase, AttesterContract
from tests.conformance.broken.closing import leak
from tests.conformance.running import Broken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = b"of this machine"


def der(number: int) -> bytes:
    return b"certificate %d" % number


def credentials(number: int) -> Credentials:
    """Credentials in form only: nothing here reads what is between the lines."""
    chain = ssl.DER_cert_to_PEM_cert(der(number)).encode()
    key = b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0 of %d\n-----END PRIVATE KEY-----\n" % number
    return Credentials(chain, key)


class DigestAttester(Attester):
    def __init__(self) -> None:
        self.number = self.shown = 0
        self.news = anyio.Event()

    async def credentials(self) -> Credentials:
        self.shown = self.number
        return credentials(self.number)

    async def changed(self) -> None:
        while self.shown == self.number:
            await self.news.wait()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        await anyio.lowlevel.checkpoint()
        for number in (self.number, self.number - 1):
            if shown in (b"", sha256(der(number)).digest()):
                return proof_of(binding, der(number))
        raise EvidenceInvalid("alice", "a certificate that it does not show")

    async def renew(self) -> None:
        self.number += 1
        self.news.set()
        self.news = anyio.Event()


def proof_of(binding: bytes, leaf: bytes) -> bytes:
    return blake2b(binding, key=KEY, salt=leaf).digest()


def check(binding: bytes, evidence: bytes, shown: Credentials) -> None:
    leaf = shown.certificates.partition(b"-----BEGIN PRIVATE KEY")[0]
    wanted = proof_of(binding, ssl.PEM_cert_to_DER_cert(leaf.decode()))
    if not any(
        compare_digest(wanted, evidence[at : at + 64]) for at in range(0, len(evidence), 64)
    ):
        raise EvidenceInvalid("alice", "bound to something else")


class OfDigests(AttesterContract):
    subject: ClassVar[type[DigestAttester]] = DigestAttester

    @asynccontextmanager
    async def case(self) -> AsyncIterator[AttesterCase]:
        attester = self.subject()
        yield AttesterCase(attester, attester.renew, check)


class KeyInTheChain(DigestAttester):
    async def credentials(self) -> Credentials:
        shown = await super().credentials()
        return Credentials(shown.certificates + shown.private_key, shown.private_key)


@attrs.frozen
class Talkative(Credentials):
    """Credentials with the repr that attrs would make."""


class ShowsTheKey(DigestAttester):
    async def credentials(self) -> Credentials:
        shown = await super().credentials()
        return Talkative(shown.certificates, shown.private_key)


class NeverTheSame(DigestAttester):
    async def credentials(self) -> Credentials:
        self.number += 1
        return await super().credentials()


class GivesThemToNobodyElse(DigestAttester):
    """Whoever was cancelled is waited for."""

    busy = False

    async def credentials(self) -> Credentials:
        while self.busy:  # noqa: ASYNC110
            await anyio.sleep(0.001)
        self.busy = True
        await anyio.lowlevel.checkpoint()
        self.busy = False
        return await super().credentials()


class NothingNew(DigestAttester):
    async def credentials(self) -> Credentials:
        await super().credentials()
        return credentials(0)


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
    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        return await super().attest(binding[:32], shown=shown)


class BindsAll(DigestAttester):
    """One that proves every binding it was ever asked for, and a shorter one."""

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        shorter = await super().attest(binding[:-1], shown=shown)
        return await super().attest(binding, shown=shown) + shorter


class KnowsTheNewestAlone(DigestAttester):
    """Whatever was shown, its evidence belongs to the newest."""

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        await super().attest(binding, shown=shown)
        return await super().attest(binding)


class ProvesWhatItDoesNotShow(DigestAttester):
    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        try:
            return await super().attest(binding, shown=shown)
        except EvidenceInvalid:
            return await super().attest(binding)


class IsText(DigestAttester):
    async def attest(self, binding: bytes, *, shown: bytes = b"") -> Any:
        return bytearray(await super().attest(binding, shown=shown))


class LastComesFirst(DigestAttester):
    """One request at a time is kept."""

    binding = b""

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        self.binding = binding
        await anyio.lowlevel.checkpoint()
        return await super().attest(self.binding, shown=shown)


class KeepsALock(DigestAttester):
    """A request that was cancelled is never given up."""

    busy = False

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        while self.busy:  # noqa: ASYNC110
            await anyio.sleep(0.001)
        self.busy = True
        try:
            evidence = await super().attest(binding, shown=shown)
        except EvidenceInvalid:
            self.busy = False
            raise
        self.busy = False
        return evidence


class Leaks(DigestAttester):
    def __init__(self) -> None:
        super().__init__()
        leak()


GIVEN_UP = "test_credentials_that_were_not_waited_for_are_given"
WAITS = "test_changed_waits_for_a_change"
TELLS = "test_changed_tells_of_a_change"
CANCELLED = "test_a_cancelled_wait_misses_no_change"
BOUND = "test_evidence_is_bound_to_its_binding"
BELONGS = "test_evidence_belongs_to_what_was_shown"
SIDE = "test_it_attests_while_others_are_attested"

TABLE = [
    Broken(KeyInTheChain, OfDigests, "test_its_credentials_are_a_chain_and_a_key"),
    Broken(ShowsTheKey, OfDigests, "test_its_key_is_in_no_repr"),
    Broken(
        NeverTheSame,
        OfDigests,
        "test_its_credentials_stay_until_they_change",
        [GIVEN_UP, BELONGS, SIDE],
    ),
    Broken(GivesThemToNobodyElse, OfDigests, GIVEN_UP),
    Broken(NothingNew, OfDigests, "test_new_credentials_differ"),
    Broken(TellsAtOnce, OfDigests, WAITS),
    Broken(TellsOne, OfDigests, TELLS),
    Broken(TellsOfTheNext, OfDigests, "test_no_change_is_missed", [CANCELLED]),
    Broken(ForgetsWhoWasCancelled, OfDigests, CANCELLED),
    Broken(CutsTheBinding, OfDigests, BOUND, [SIDE]),
    Broken(BindsAll, OfDigests, "test_evidence_proves_no_other_binding"),
    Broken(KnowsTheNewestAlone, OfDigests, BELONGS),
    Broken(ProvesWhatItDoesNotShow, OfDigests, "test_what_it_does_not_show_gets_no_evidence"),
    Broken(IsText, OfDigests, "test_evidence_fits_the_hello"),
    Broken(LastComesFirst, OfDigests, SIDE),
    Broken(KeepsALock, OfDigests, "test_a_cancelled_attestation_stops_no_other"),
    Broken(Leaks, OfDigests, "test_it_leaves_no_task"),
]
