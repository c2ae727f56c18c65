"""What ``doctor`` asks of peers over mutual TLS, step by step, until something is wrong."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio.to_thread

from partywire.errors import IdentityError, IdentityMismatch, outside_text
from partywire.hookspecs import ProbeDescriptor, hookimpl
from partywire.identity import Identity
from partywire.probing import Finding, Found, Status, Subject, ending, in_words
from partywire_grpc.addresses import Address, parse_address
from partywire_grpc.bridge import Bridge, opened_bridge
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import Leaf, read_leaf, read_leaves
from partywire_grpc.certificates.rules import check_leaf, is_in_date
from partywire_grpc.handshake import NoCertificate
from partywire_grpc.looking import PATIENCE, leaf_at
from partywire_grpc.reaching import corrected, listens, reach
from partywire_grpc_mtls.asking import entered, group_at
from partywire_grpc_mtls.describing import validity
from partywire_grpc_mtls.groups import POST_QUANTUM

if TYPE_CHECKING:
    from partywire_grpc_mtls.config import MtlsConfig

_OF_THE_NODE: Final = (
    "not looked at: the attester of {} gives a certificate to its node, and the doctor has another "
    "one; whether the peer takes that of the node, way_back says"
)

_WHOSE: Final = (
    "whether our node listens there, which has it from its attester, or somebody else who has made "
    "it, cannot be told from here: SHA-256 {sha256}"
)
_ENDED: Final = "end what else listens there"


async def probe(subject: Subject, found: Found) -> None:
    """Look at a peer's port and certificate, or at those of the party's own node."""
    async with opened_bridge() as bridge:
        look = _own if subject.is_own else _peer
        await look(subject, bridge, found)


async def _peer(subject: Subject, bridge: Bridge, found: Found) -> None:
    address = parse_address(subject.setting.peers[subject.peer].address)
    if not await reach(subject, address, found):
        return
    der = await _shown(subject, address, bridge, found)
    if der is None:
        return
    found(_of_group(await bridge.run(partial(group_at, address))))
    if not _is_judged(subject, address, der, found):
        return
    config: MtlsConfig = subject.setting.config
    if config.certificate is None or config.private_key is None:
        said = _OF_THE_NODE.format(subject.setting.party)
        found(Finding("own_certificate", Status.UNKNOWN, said))
        return
    entry = partial(entered, address, der, config.certificate, config.private_key)
    refused = await bridge.run(entry)
    own = await anyio.to_thread.run_sync(_own_leaf, config.certificate, subject)
    found(_of_entry(subject, refused, own))


async def _own(subject: Subject, bridge: Bridge, found: Found) -> None:
    config: MtlsConfig = subject.setting.config
    own = None
    if config.certificate is not None:
        own = await anyio.to_thread.run_sync(_own_leaf, config.certificate, subject)
        found(ending(subject.peer, own.not_after, subject.wall(), own.not_before))
    address = parse_address(subject.setting.config.listen)
    if not await listens(subject, address, found):
        return
    der = await _shown(subject, address.on_this_machine, bridge, found)
    if der is None:
        return
    if own is None:
        found(_of_attested(address, der, subject))
    elif der == own.der:
        said = f"a node listens at {address}, with the certificate of this config"
        found(Finding("listening", Status.OK, said, facts={"sha256": own.sha256}))
    else:
        said = f"at {address} another certificate is shown than that of this config"
        remedy = "let the node read its config again, or end what else listens there"
        found(Finding("listening", Status.WRONG, said, subject.peer, remedy))


async def _shown(subject: Subject, address: Address, bridge: Bridge, found: Found) -> bytes | None:
    """Return the certificate that a server shows, in DER; None where it is a finding."""
    remedy = "see to it that its node answers"
    try:
        der: bytes = await bridge.run(partial(_timed, address))
    except NoCertificate as error:
        said, remedy = f"{address} {error}", error.remedy
    except TimeoutError:
        said = f"{address} showed no certificate within {PATIENCE:.0f} s"
    except OSError as error:
        said = f"{address} closed the connection: {outside_text(str(error))}"
    else:
        found(Finding("tls", Status.OK, "TLS 1.3, for gRPC", facts={"version": "TLSv1.3"}))
        return der
    if not subject.is_own:
        remedy += f", or {corrected(subject)}"
    found(Finding("tls", Status.WRONG, said, subject.peer, remedy))
    return None


async def _timed(address: Address) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await leaf_at(address)


def _is_judged(subject: Subject, address: Address, der: bytes, found: Found) -> bool:
    """Let the config's verifiers judge a certificate, and tell whether they take it."""
    peer = subject.peer
    try:
        leaf = read_leaf(der, peer)
    except IdentityError as error:
        found(Finding("certificate", Status.WRONG, error.problem, peer, _made_anew()))
        return False
    facts: dict[str, str | float]
    facts = {"sha256": leaf.sha256, "not_before": leaf.not_before, "not_after": leaf.not_after}
    found(Finding("certificate", Status.OK, f"SHA-256 {leaf.sha256}", facts=facts))
    try:
        identity = subject.judge(TlsEvidence(claimed=peer, source=str(address), leaf=der))
    except IdentityError as error:
        found(_of_refusal(subject, leaf, error))
        return False
    _of_identity(subject, leaf, identity, found)
    return True


def _of_identity(subject: Subject, leaf: Leaf, identity: Identity, found: Found) -> None:
    said = f"it is {subject.peer}"
    found(Finding("identity", Status.OK, said, facts=identity.claims))
    if identity.valid_until is not None:
        found(ending(subject.peer, identity.valid_until, subject.wall(), leaf.not_before))


def _of_refusal(subject: Subject, leaf: Leaf, error: IdentityError) -> Finding:
    """Return who has to do what about a certificate that was refused.

    A verifier may say so itself.
    """
    if error.remedy:
        return Finding("identity", Status.WRONG, error.problem, subject.peer, error.remedy)
    if isinstance(error, IdentityMismatch):
        return _of_another(subject, leaf, error)
    who, remedy = subject.peer, _remedy(subject, leaf)
    if remedy is None:
        who = subject.setting.party
        remedy = (
            f"ask {subject.peer} for the fingerprint of its new certificate, or of its new CA, and "
            "put that into this config if it vouches for the certificate above"
        )
    return Finding("identity", Status.WRONG, error.problem, who, remedy)


def _of_another(subject: Subject, leaf: Leaf, error: IdentityMismatch) -> Finding:
    """Return who has to do what where the certificate is of another party."""
    own, peer, (name, *_) = subject.setting.party, subject.peer, leaf.common_names
    if name == own or name in subject.setting.peers:
        whose = "that is this node itself" if name == own else f"{name}, of this config, is there"
        said, remedy = f"{error.problem}: {whose}", f"correct the address of {peer}"
        return Finding("identity", Status.WRONG, said, own, remedy)
    remedy = f"say where its node listens, or {corrected(subject)}"
    return Finding("identity", Status.WRONG, error.problem, peer, remedy)


def _remedy(subject: Subject, leaf: Leaf) -> str | None:
    """Return what the peer has to do; None where it may be right, and our config behind."""
    peer, now = subject.peer, subject.wall()
    try:
        check_leaf(leaf, peer, frozenset({subject.setting.party, *subject.setting.peers}))
    except IdentityError:
        return _made_anew()
    if now >= leaf.not_after:
        return f"renew its certificate: it expired {in_words(now - leaf.not_after)} ago"
    if now < leaf.not_before:
        begin = in_words(leaf.not_before - now)
        return f"compare its clock with ours: its certificate begins in {begin}"
    return None


def _made_anew() -> str:
    return "have a certificate made that keeps this rule, as `partywire init` does, and send it"


def _of_group(group: str | None) -> Finding:
    if group is None:
        said = "the server does not say which group it would take"
        return Finding("key_exchange", Status.UNKNOWN, said)
    worth = "post-quantum" if group == POST_QUANTUM else "not post-quantum"
    return Finding("key_exchange", Status.OK, f"{group}, {worth}", facts={"group": group})


def _of_entry(subject: Subject, refused: str | None, own: Leaf) -> Finding:
    facts = {"sha256": own.sha256}
    if refused is None:
        said = f"{subject.peer} takes ours"
        return Finding("own_certificate", Status.OK, said, facts=facts)
    said = f"{subject.peer} refuses ours, SHA-256 {own.sha256}: {refused}"
    remedy = (
        f"put the certificate of {subject.setting.party}, or of its CA, into its config; ask for "
        "the fingerprint and compare it"
    )
    return Finding("own_certificate", Status.WRONG, said, subject.peer, remedy, facts)


def _of_attested(address: Address, der: bytes, subject: Subject) -> Finding:
    """Return what a certificate says that only our node can know, as its attester made it.

    Whose signature it bears is not checked: anybody can make one in the name of this party.
    """
    try:
        shown = read_leaf(der, subject.peer)
        check_leaf(shown, subject.peer, frozenset({subject.peer, *subject.setting.peers}))
    except IdentityError as error:
        remedy = f"{_ENDED}, or see what the attester of its node makes"
        return Finding("listening", Status.WRONG, error.problem, subject.peer, remedy)
    until = validity(shown, subject.wall())
    said = f"at {address} a certificate is shown that names {subject.peer} and {until}"
    if not is_in_date(shown, subject.wall()):
        remedy = f"{_ENDED}, or see why the attester of its node makes no new one"
        return Finding("listening", Status.WRONG, said, subject.peer, remedy)
    facts: dict[str, str | float] = {"sha256": shown.sha256, "valid_until": shown.not_after}
    said = f"{said}; {_WHOSE.format(sha256=shown.sha256)}"
    return Finding("listening", Status.UNKNOWN, said, facts=facts)


def _own_leaf(certificate: Path, subject: Subject) -> Leaf:
    (leaf,) = read_leaves(certificate.read_bytes(), subject.setting.party)
    return leaf


@hookimpl
def register_probes() -> list[ProbeDescriptor]:
    """Return the probe of peers that show certificates."""
    return [ProbeDescriptor("grpc-mtls", probe)]
