"""A verifier that asks each party which program it runs, and an attester that proves it.

A proof is a digest of the binding with the program's key: whoever runs the program has it, and no
party has one of its own. So what tells one party's proof from another's is the binding alone.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.hookspecs import (
    AttesterDescriptor,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
    hookimpl,
)
from partywire.identity import WHAT, WHEN, WHO, Credentials, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.setting import Attester
from partywire_grpc_insecure.config import InsecureConfig, InsecurePeer
from partywire_grpc_insecure.plugin import open_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from tests.interaction.venues import Config


def proof_of(program: str, binding: bytes) -> bytes:
    """Return what whoever runs that program answers."""
    return blake2b(binding, key=program.encode()).digest()


@attrs.frozen
class ProgramKeys:
    """The keys of the verifier."""

    program: str
    """Which one has to run."""
    challenges: list[str]
    """Who has to prove that on each connection."""


class ProgramVerifier(IdentityVerifier):
    """Believes who is claimed, and asks which program runs there."""

    def __init__(self, setting: Setting) -> None:
        self._keys: ProgramKeys = setting.config

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if evidence.claimed != expected:
            raise IdentityMismatch(expected, "claims to be another party")
        if binding is None:
            return Verdict(expected, claims={"level": "certificate"})
        if not compare_digest(evidence.proof, proof_of(self._keys.program, binding)):
            raise EvidenceInvalid(expected, f"does not run {self._keys.program} here and now")
        return Verdict(expected, claims={"level": "bound"})

    def challenges(self, party: str) -> bool:
        if "nobody knows" in self._keys.challenges:
            raise LookupError(party)
        return party in self._keys.challenges


@attrs.frozen
class AttesterKeys:
    """The keys of the attester."""

    program: str
    certificate: str = ""
    private_key: str = ""


class ProgramAttester(Attester):
    """Proves which program runs here; what its config says, in these tests."""

    def __init__(self, setting: Setting) -> None:
        self._keys: AttesterKeys = setting.config

    async def credentials(self) -> Credentials:
        paths = (self._keys.certificate, self._keys.private_key)
        return Credentials(*[await anyio.Path(path).read_bytes() for path in paths])

    async def changed(self) -> None:
        await anyio.sleep_forever()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        if self._keys.program == "hangs":
            await anyio.sleep_forever()
        if self._keys.program == "fails":
            raise OSError("no such device")
        return proof_of(self._keys.program, binding)


class Programs:
    """The verifier and the attester ``program``, and a transport whose callers are believed."""

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        proves = frozenset({WHO, WHAT, WHEN})
        return [VerifierDescriptor("program", ProgramVerifier, proves, config=ProgramKeys)]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        return [AttesterDescriptor("program", self._attester, config=AttesterKeys)]

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor(
                "grpc-program", open_transport, config=InsecureConfig, peer=InsecurePeer
            )
        ]

    @asynccontextmanager
    async def _attester(self, setting: Setting) -> AsyncIterator[Attester]:
        yield ProgramAttester(setting)


def running(
    config: Config, program: str | None = "release 1", *challenges: str, wanted: str = "release 1"
) -> Config:
    """The same config at a party that runs a program and challenges these; None: no attester."""
    transport: dict[str, Any] = dict(config["transport"])
    if transport["plugin"] == "grpc-insecure":
        transport["plugin"] = "grpc-program"
    changed = {
        **config,
        "transport": transport,
        "verifier": [{"plugin": "program", "program": wanted, "challenges": list(challenges)}],
    }
    if program is not None:
        shown = {key: transport.pop(key) for key in _SHOWN if key in transport}
        changed["attester"] = {"plugin": "program", "program": program, **shown}
    return changed


_SHOWN = ("certificate", "private_key")


def all_bound(configs: Mapping[str, Config]) -> dict[str, Config]:
    """The same configs, at parties that run one program and challenge each other."""
    return {
        party: running(config, "release 1", *(other for other in configs if other != party))
        for party, config in configs.items()
    }
