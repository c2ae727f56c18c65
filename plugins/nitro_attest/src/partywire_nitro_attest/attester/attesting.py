"""The attester: a certificate that is always in date, and proofs for single connections."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio
import anyio.lowlevel

from partywire.delivery.hello import MAX_PROOF
from partywire.errors import ConfigInvalid, EvidenceInvalid, Mistake
from partywire.identity import Credentials
from partywire.session.lifetimes import background
from partywire.setting import Attester
from partywire_grpc.certificates.reading import spki_of
from partywire_nitro_attest.attester.certificate import new_key
from partywire_nitro_attest.attester.issuing import TRIES, Issued, Issuing, issued
from partywire_nitro_attest.attester.lateness import Lateness
from partywire_nitro_attest.attester.serial import Serial
from partywire_nitro_attest.security_module import ModuleFailed, SecurityModule

MOST_BINDING: Final = 64
"""Bytes of a binding, at most."""

_log = logging.getLogger("partywire")


class NitroAttester(Attester):
    """Shows a certificate that carries a document, and renews it ahead of its end.

    Args:
        issuing: who issues, and for whom.
        module: who signs documents.
        first: what is shown first.
        wall: seconds since 1970.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        issuing: Issuing,
        module: Serial,
        first: Issued,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        self._issuing = issuing
        self._module = module
        self._newest = first
        self._former = first
        self._returned: Issued | None = None
        self._news = anyio.Event()
        self._lateness = Lateness(issuing.party)
        self._wall = wall
        self._sleep = sleep

    async def credentials(self) -> Credentials:
        """Return the newest certificate and its key; wait for one while that has expired."""
        while self._wall() >= self._newest.end:
            await self._news.wait()
        self._returned = self._newest
        return self._newest.credentials

    async def changed(self) -> None:
        """Wait until `credentials` would return another certificate than it did last."""
        if self._returned is self._newest:
            await self._news.wait()
        else:
            await anyio.lowlevel.checkpoint()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        """Return a document whose nonce is ``binding``; see `Attester.attest`.

        It names the key of the certificate that was shown. One call after the other is served;
        cancelled, it ends at once, and the next one begins when the security module is done.

        Raises:
            ValueError: the binding is empty, or longer than 64 bytes.
            EvidenceInvalid: what was shown is neither the newest certificate nor the one before.
            ModuleFailed: the security module made none.
        """
        if not 1 <= len(binding) <= MOST_BINDING:
            raise ValueError(f"a binding has 1 to {MOST_BINDING} bytes")
        key = self._shown(shown).spki
        proof = await self._module.attest(public_key=key, nonce=binding)
        if len(proof) > MAX_PROOF:
            problem = f"a document of {len(proof)} bytes, and a hello takes {MAX_PROOF}"
            raise ModuleFailed("Attestation", problem)
        return proof

    async def renew(self) -> None:
        """Renew ahead of each end, until cancelled.

        The security module signs with a certificate of its own that it renews some time before the
        end; until then a new document would end with the old one.
        """
        while True:
            newest = self._newest
            longest = newest.pace * TRIES  # as the wall clock may be set meanwhile
            early = newest.renewable - self._wall()
            await self._sleep(min(max(early, newest.pace), longest))
            if self._wall() >= newest.renewable:
                await self._try()

    async def _try(self) -> None:
        """Take over a document that lasts longer, if there is one; whatever fails is tried again.

        A renewal that fails leaves a node that still works, for as long as its certificate does.
        """
        try:
            fresh = await issue(self._issuing, self._module, self._wall)
        except Exception as error:
            self._lateness.failed(error)
        else:
            if fresh.end > self._newest.end:
                self._take(fresh)
        self._lateness.look(self._newest, self._wall())

    def _take(self, fresh: Issued) -> None:
        self._former, self._newest = self._newest, fresh
        self._lateness = Lateness(self._issuing.party)
        _log.info("the certificate of %s was renewed", self._issuing.party)
        news, self._news = self._news, anyio.Event()
        news.set()

    def _shown(self, digest: bytes) -> Issued:
        for each in (self._newest, self._former):
            if digest in (b"", each.digest):
                return each
        problem = "a connection shows neither its newest certificate nor the one before; make anew"
        raise EvidenceInvalid(self._issuing.party, problem)


async def issue(issuing: Issuing, module: Serial, wall: Callable[[], float]) -> Issued:
    """Issue a certificate of a new key.

    Raises:
        ModuleFailed: the security module made no document.
        EvidenceInvalid: peers would refuse the one that it made; see `issuing.issued`.
    """
    key = new_key()
    document = await module.attest(public_key=spki_of(key.public_key()))
    return issued(issuing, key, document, now=wall())


@asynccontextmanager
async def attesting(
    issuing: Issuing, module: SecurityModule, *, wall: Callable[[], float] = time.time
) -> AsyncIterator[NitroAttester]:
    """Hold an attester open, whose first certificate was issued.

    Raises:
        ConfigInvalid: on entering; every peer would refuse what this party has to show.
        ModuleFailed: on entering; the security module made no document.
    """
    serial = Serial(module)
    async with serial.serving(), background() as group:
        first = await _first(issuing, serial, wall)
        attester = NitroAttester(issuing, serial, first, wall=wall)
        group.start_soon(attester.renew)
        yield attester


async def _first(issuing: Issuing, module: Serial, wall: Callable[[], float]) -> Issued:
    try:
        return await issue(issuing, module, wall)
    except EvidenceInvalid as error:
        mistake = Mistake("attester", str(error))
        raise ConfigInvalid(f"the config of {issuing.party}", (mistake,)) from error
