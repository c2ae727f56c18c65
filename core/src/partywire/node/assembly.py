"""What a node is made of, opened by its config."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import attrs

from partywire.config import NodeConfig
from partywire.delivery.agenda import Agenda
from partywire.delivery.hello import NONCE, roster_fingerprint
from partywire.delivery.table import SessionTable
from partywire.errors import ConfigInvalid, Mistake
from partywire.hookspecs import TransportDescriptor, VerifierDescriptor
from partywire.identity import WHO
from partywire.interfaces import IdentityVerifier, SessionRouter, Transport
from partywire.judge import UnsafeClaims, Verifiers, challenged
from partywire.node.counterpart import NO_HELLO
from partywire.node.introduction import Introduction
from partywire.node.prover import Prover
from partywire.node.router import LocalRouter
from partywire.node.surroundings import Surroundings
from partywire.setting import Attester

Opened = tuple[VerifierDescriptor | TransportDescriptor, IdentityVerifier]
"""A verifier, and the plugin that it is of."""

TWO_PROOFS: Final = (
    "{} each ask it for a proof on each connection; it gives one, and what proves it to one of "
    "them is nothing to another: remove one of these [[verifier]] tables, or let one of them "
    "alone ask, by its keys"
)


@attrs.frozen
class Parts:
    """The parts of an open node."""

    table: SessionTable
    transport: Transport
    verifiers: Verifiers
    router: SessionRouter
    introduction: Introduction
    attester: Attester | None


@asynccontextmanager
async def assembled(config: NodeConfig, surroundings: Surroundings) -> AsyncIterator[Parts]:
    """Open what the config names, and close it in the opposite order."""
    agenda = Agenda(surroundings.clock())
    incarnation = surroundings.token(NONCE)
    table = SessionTable(config.peers, config.limits, agenda, incarnation)
    started = surroundings.wall()
    async with AsyncExitStack() as stack:
        router = await _router(config, table, stack)
        attester = await opened_attester(config, stack)
        opening = config.transport.descriptor.open(config.setting(config.transport, attester))
        transport, verifiers = await stack.enter_async_context(opening), opened_verifiers(config)
        refuse_single_calls(config, verifiers, transport)
        yield Parts(
            table=table,
            transport=transport,
            verifiers=verifiers,
            router=router,
            introduction=Introduction(
                party=config.party,
                incarnation=incarnation,
                started=started,
                roster=lambda: roster_fingerprint(
                    (each, "") for each in (config.party, *table.peers)
                ),
                surroundings=surroundings,
                prover=None if attester is None else Prover(attester, config.limits),
            ),
            attester=attester,
        )


def opened_verifiers(config: NodeConfig) -> Verifiers:
    """Return the verifiers of the config, and the transport's own or what stands for none.

    Raises `ConfigInvalid` for peers that two of them challenge, as nobody could satisfy both.
    """
    transport = config.transport
    opened: list[Opened] = [
        (chosen.descriptor, chosen.descriptor.open(config.setting(chosen)))
        for chosen in config.verifiers
    ]
    if transport.descriptor.insecure:
        opened.append((transport.descriptor, UnsafeClaims()))
    implied = transport.descriptor.verifier
    if implied is not None:
        opened.append((transport.descriptor, implied(config.setting(transport))))
    mistakes = list(_two_proofs(config, opened))
    if mistakes:
        raise ConfigInvalid(config.source, mistakes)
    return Verifiers(
        tuple(verifier for descriptor, verifier in opened if WHO in descriptor.proves),
        tuple(verifier for descriptor, verifier in opened if WHO not in descriptor.proves),
    )


def _two_proofs(config: NodeConfig, opened: Sequence[Opened]) -> Iterator[Mistake]:
    """Yield the peers that verifiers of more than one plugin challenge."""
    for position, party in enumerate(config.peers):
        asking = {each.name for each, verifier in opened if challenged(party, [verifier])}
        if len(asking) > 1:
            problem = TWO_PROOFS.format(" and ".join(sorted(asking)))
            yield Mistake(f"peer[{position}]", problem, party)


def refuse_single_calls(config: NodeConfig, verifiers: Verifiers, transport: Transport) -> None:
    """Raise `ConfigInvalid` for peers that are challenged on a wire that has no hello."""
    mistakes = [
        Mistake(f"the wire of {party}", f"it {NO_HELLO}")
        for party in config.peers
        if transport.unary(party) and challenged(party, verifiers.all)
    ]
    if mistakes:
        raise ConfigInvalid(config.source, mistakes)


async def opened_attester(config: NodeConfig, stack: AsyncExitStack) -> Attester | None:
    """Open the attester that the config names, if it does, and let the stack close it."""
    if config.attester is None:
        return None
    opened = config.attester.descriptor.open(config.setting(config.attester))
    return await stack.enter_async_context(opened)


async def _router(config: NodeConfig, table: SessionTable, stack: AsyncExitStack) -> SessionRouter:
    chosen = config.router
    router = chosen.descriptor.open(config.setting(chosen), LocalRouter(table))
    return await stack.enter_async_context(router)
