"""An attester that runs over a module that can fail, and what it shows."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire.session.lifetimes import background
from partywire_nitro_attest import Policy
from partywire_nitro_attest.attester.attesting import NitroAttester, issue
from partywire_nitro_attest.attester.issuing import Issuing
from partywire_nitro_attest.attester.serial import Serial
from partywire_nitro_attest.development import DevelopmentModule, measured
from partywire_nitro_attest.policy import Release
from partywire_nitro_attest.security_module import ModuleFailed, SecurityModule

from .parties import ALICE, ROOT, TRUST, Clock, own_ca, party_certificate, pcrs_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.identity import Credentials
    from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto
PATIENCE = 20.0
IMAGE = measured("an image")
POLICY = Policy((Release("it", IMAGE[0], IMAGE[1], IMAGE[2]),))
MODES: dict[str, FullAuto | SemiAuto] = {"full-auto": own_ca(), "semi-auto": party_certificate()}


class Failing(SecurityModule):
    """A module of development that fails where the test says so."""

    def __init__(self, module: DevelopmentModule) -> None:
        self.module = module
        self.fails = False
        self.failure: Exception = ModuleFailed("Attestation", "InternalError: a fault of its own")
        self.asked = 0

    def attest(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        self.asked += 1
        if self.fails:
            raise self.failure
        return self.module.attest(public_key=public_key, user_data=user_data, nonce=nonce)


class Running:
    """An attester for which time passes while it sleeps, as far as the test lets it."""

    def __init__(self, module: Failing, clock: Clock) -> None:
        self.module = module
        self.clock = clock
        self.slept: list[float] = []
        self.until = 0.0
        self.there = anyio.Event()
        self.attester: NitroAttester

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        if self.clock.now + seconds > self.until:
            self.there.set()
            await anyio.sleep_forever()
        self.slept.append(seconds)
        self.clock.now += seconds
        await anyio.lowlevel.checkpoint()

    async def run(self, until: float) -> None:
        """Let the time pass until then, and all happen that happens before."""
        self.until, self.there = until, anyio.Event()
        async with background() as group:
            group.start_soon(self.attester.renew)
            with anyio.fail_after(PATIENCE):
                await self.there.wait()
        self.clock.now = until


@asynccontextmanager
async def running(
    mode: FullAuto | SemiAuto, *, lifetime: float = 3 * 3600.0
) -> AsyncIterator[Running]:
    clock = Clock()
    module = DevelopmentModule(ROOT, pcrs=pcrs_of(mode), clock=clock, lifetime=lifetime)
    found = Running(Failing(module), clock)
    issuing, serial = Issuing(ALICE, mode, TRUST), Serial(found.module)
    async with serial.serving():
        first = await issue(issuing, serial, clock)
        found.attester = NitroAttester(issuing, serial, first, wall=clock, sleep=found.sleep)
        yield found


def certificate(shown: Credentials) -> x509.Certificate:
    return x509.load_pem_x509_certificate(shown.certificates)


def digest(shown: Credentials) -> bytes:
    return certificate(shown).fingerprint(SHA256())


def key_of(shown: Credentials) -> bytes:
    key = certificate(shown).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def end_of(shown: Credentials) -> float:
    return certificate(shown).not_valid_after_utc.timestamp()
