"""What of a config may not change while its node runs."""

from collections.abc import Iterator
from typing import Any, Final

from partywire.config.model import Chosen, NodeConfig
from partywire.errors import ConfigInvalid, Mistake
from partywire.setting import NEEDS_A_RESTART, changes

MEASURED: Final = f"what this node trusts was measured, and {NEEDS_A_RESTART} of the enclave"


def refuse_restarts(former: NodeConfig, config: NodeConfig) -> None:
    """Raise `ConfigInvalid` for all that has changed and needs a restart.

    That is the party's id, the limits, the router, the attester, and which transport it is. Of the
    transport's own keys the transport knows which it can change. What was measured cannot change.
    """
    mistakes = list(_mistakes(former, config))
    if mistakes:
        raise ConfigInvalid(config.source, mistakes)


def _mistakes(former: NodeConfig, config: NodeConfig) -> Iterator[Mistake]:
    if config.party != former.party:
        yield Mistake("party.id", NEEDS_A_RESTART)
    if config.transport.descriptor.name != former.transport.descriptor.name:
        yield Mistake("transport.plugin", NEEDS_A_RESTART)
    attester = _changes(former.attester, config.attester, "attester")
    yield from attester
    if config.attester and not attester and config.trusted != former.trusted:
        yield Mistake(f"attester.{config.attester.descriptor.measures}", MEASURED)
    yield from _changes(former.router, config.router, "router")
    yield from changes(former.limits, config.limits, "limits")


def _changes(former: Chosen[Any] | None, chosen: Chosen[Any] | None, place: str) -> list[Mistake]:
    if former is None or chosen is None:
        return [] if former is chosen else [Mistake(place, NEEDS_A_RESTART)]
    if former.descriptor.name != chosen.descriptor.name:
        return [Mistake(f"{place}.plugin", NEEDS_A_RESTART)]
    return changes(former.config, chosen.config, place)
