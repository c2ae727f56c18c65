"""A verifier that does what its table says, and a wire over which it alone proves who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.hookspecs import Setting, TransportDescriptor, VerifierDescriptor, hookimpl
from partywire.identity import WHO, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_grpc_insecure.config import InsecureConfig, InsecurePeer
from partywire_grpc_insecure.plugin import open_transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.interaction.venues import Config


@attrs.frozen
class NotaryKeys:
    refuses: list[str] = attrs.Factory(list)
    """Of whom no evidence is good."""
    until: dict[str, float] = attrs.Factory(dict)
    """When the evidence of a party ends, in seconds since 1970; that of others has no end."""


class Notary(IdentityVerifier):
    """Believes what is claimed, but of those whom it refuses."""

    def __init__(self, setting: Setting) -> None:
        self._keys: NotaryKeys = setting.config

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if evidence.claimed != expected:
            raise IdentityMismatch(expected, "claims to be another party")
        if expected in self._keys.refuses:
            raise EvidenceInvalid(expected, "refused by the notary")
        return Verdict(expected, self._keys.until.get(expected))


class NotaryPlugin:
    """The verifier ``notary``, and the transport ``grpc-notary``, of which it proves who is there.

    That is the insecure one; only these tests take the word of its callers for evidence.
    """

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        return [VerifierDescriptor("notary", Notary, frozenset({WHO}), config=NotaryKeys)]

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor(
                "grpc-notary", open_transport, config=InsecureConfig, peer=InsecurePeer
            )
        ]


def notarised(config: Config, **keys: Any) -> Config:
    """The same config, in which a notary with these keys is asked who is there."""
    transport = dict(config["transport"])
    if transport["plugin"] == "grpc-insecure":
        transport["plugin"] = "grpc-notary"
    return {**config, "transport": transport, "verifier": [{"plugin": "notary", **keys}]}
