"""What the entry points ``verifier.operator`` and ``attester.operator`` lead to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from partywire.hookspecs import AttesterDescriptor, Setting, VerifierDescriptor, hookimpl
from partywire.identity import KEY
from partywire.session.lifetimes import background
from partywire_operator.attester import OperatorAttester
from partywire_operator.config import OperatorConfig, OperatorPeer, fingerprint
from partywire_operator.verifier import OperatorVerifier


def open_verifier(setting: Setting) -> OperatorVerifier:
    """Return the verifier."""
    return OperatorVerifier(setting.peers)


def remarks(setting: Setting) -> Sequence[str]:
    """Return what is to be compared with each peer's operator."""
    return [
        f"{party}: the public key of its operator has SHA-256 {fingerprint(peer.key)}"
        for party, peer in setting.peers.items()
    ]


def own_remarks(setting: Setting) -> Sequence[str]:
    """Return what peers have to have of this party's operator."""
    sha256 = fingerprint(setting.config.key.public_key())
    return [f"attester: the public key of this party's operator has SHA-256 {sha256}"]


def trusted(setting: Setting) -> Sequence[str]:
    """Return all that decides whom the verifier lets in, for an attester that measures it."""
    return [
        f"{party} {peer.level} {fingerprint(peer.key)}" for party, peer in setting.peers.items()
    ]


@asynccontextmanager
async def open_attester(setting: Setting) -> AsyncIterator[OperatorAttester]:
    """Hold the attester open; its certificates are renewed meanwhile."""
    config: OperatorConfig = setting.config
    attester = OperatorAttester(setting.party, config.key, config.lifetime)
    async with background() as group:
        group.start_soon(attester.run)
        yield attester


@hookimpl
def register_verifiers() -> Sequence[VerifierDescriptor]:
    """Return the verifier, which has to stand beside one that proves who is there."""
    return [
        VerifierDescriptor(
            name="operator",
            open=open_verifier,
            proves=frozenset({KEY}),
            peer=OperatorPeer,
            remarks=remarks,
            trusted=trusted,
        )
    ]


@hookimpl
def register_attesters() -> Sequence[AttesterDescriptor]:
    """Return the attester."""
    return [
        AttesterDescriptor(
            name="operator", open=open_attester, config=OperatorConfig, remarks=own_remarks
        )
    ]
