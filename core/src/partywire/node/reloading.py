"""A config that changes while its node runs: read and checked in full, before any of it counts."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio.to_thread
import attrs

from partywire.config import NodeConfig, load_config
from partywire.config.changes import refuse_restarts
from partywire.config.exposed import exposed
from partywire.errors import ConfigInvalid
from partywire.judge import Verifiers
from partywire.node.assembly import Parts, opened_verifiers, refuse_single_calls
from partywire.plugins import Plugins

_log = logging.getLogger("partywire")

Source = str | Path | Mapping[str, object] | NodeConfig


@attrs.frozen
class Change:
    """A new config that is whole.

    Attributes:
        config: the config.
        verifiers: its verifiers, open.
        take: has the transport take it into use; it cannot fail.
    """

    config: NodeConfig
    verifiers: Verifiers
    take: Callable[[], None]


async def read(source: Source, plugins: Sequence[object]) -> NodeConfig:
    """Return a config, read in a worker thread. Raises `ConfigError`."""
    if isinstance(source, NodeConfig):
        return source
    return await anyio.to_thread.run_sync(_loaded, source, plugins)


async def prepared(config: NodeConfig, former: NodeConfig, parts: Parts) -> Change:
    """Check a config in full against the one in use, and change nothing yet.

    Raises `ConfigInvalid`, by the core, by a verifier or by the transport. A new peer on a wire of
    single calls is known to the transport only once the config is in use: where it is challenged,
    nothing is sent to it and taken from it, and no mistake is found here.
    """
    refuse_restarts(former, config)
    verifiers = opened_verifiers(config)
    refuse_single_calls(config, verifiers, parts.transport)
    try:
        take = await parts.transport.prepare(
            config.setting(config.transport, parts.attester),
            former.setting(former.transport, parts.attester),
        )
    except ConfigInvalid as invalid:
        raise ConfigInvalid(config.source, invalid.mistakes) from invalid
    return Change(config, verifiers, take)


def _loaded(source: str | Path | Mapping[str, object], plugins: Sequence[object]) -> NodeConfig:
    config = load_config(source, Plugins(plugins))
    warning = None if isinstance(source, Mapping) else exposed(Path(source))
    if warning is not None:
        _log.warning("%s", warning)
    return config
