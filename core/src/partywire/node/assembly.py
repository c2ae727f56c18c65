"""What a node is made of, opened by its config."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import attrs

from partywire.config import NodeConfig
from partywire.delivery.agenda import Agenda
from partywire.delivery.hello import NONCE, roster_fingerprint
from partywire.delivery.table import SessionTable
from partywire.errors import ConfigInvalid, Mistake
from partywire.interfaces import IdentityVerifier, SessionRouter, Transport
from partywire.judge import UnsafeClaims, challenged
from partywire.node.introduction import Introduction
from partywire.node.prover import Prover
from partywire.node.proving import NO_HELLO
from partywire.node.router import LocalRouter
from partywire.node.surroundings import Surroundings
from partywire.setting import Attester


@attrs.frozen
class Parts:
    """The parts of an open node."""

    table: SessionTable
    transport: Transport
    verifiers: tuple[IdentityVerifier, ...]
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


def opened_verifiers(config: NodeConfig) -> tuple[IdentityVerifier, ...]:
    """Return the verifiers of the config, and the transport's own or what stands for none."""
    listed = [chosen.descriptor.open(config.setting(chosen)) for chosen in config.verifiers]
    if config.transport.descriptor.insecure:
        listed.append(UnsafeClaims())
    implied = config.transport.descriptor.verifier
    if implied is not None:
        listed.append(implied(config.setting(config.transport)))
    return tuple(listed)


def refuse_single_calls(
    config: NodeConfig, verifiers: Sequence[IdentityVerifier], transport: Transport
) -> None:
    """Raise `ConfigInvalid` for peers that are challenged on a wire that has no hello."""
    mistakes = [
        Mistake(f"the wire of {party}", f"it {NO_HELLO}")
        for party in config.peers
        if transport.unary(party) and challenged(party, verifiers)
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
