"""What a node is made of, opened by its config."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import attrs

from partywire.config import NodeConfig
from partywire.delivery.agenda import Agenda
from partywire.delivery.hello import NONCE, roster_fingerprint
from partywire.delivery.table import SessionTable
from partywire.interfaces import IdentityVerifier, SessionRouter, Transport
from partywire.judge import UnsafeClaims
from partywire.node.introduction import Introduction
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
    introduction = Introduction(
        incarnation=incarnation,
        started=surroundings.wall(),
        roster=lambda: roster_fingerprint((party, "") for party in (config.party, *table.peers)),
        surroundings=surroundings,
    )
    async with AsyncExitStack() as stack:
        router = await _router(config, table, stack)
        attester = await opened_attester(config, stack)
        transport = config.transport.descriptor.open(config.setting(config.transport, attester))
        yield Parts(
            table=table,
            transport=await stack.enter_async_context(transport),
            verifiers=opened_verifiers(config),
            router=router,
            introduction=introduction,
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
