"""Checking a config as far as that goes without a connection."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from partywire.config import Chosen, NodeConfig, load_config
from partywire.config.exposed import exposed
from partywire.errors import PluginBroken
from partywire.node.assembly import opened_verifiers
from partywire.plugins import Plugins


@attrs.frozen
class CheckedConfig:
    """A config that is in order, as far as can be seen without a connection.

    Attributes:
        source: the file's path, or words for what the program gave.
        party: this node's party id.
        transport: the name of its plugin.
        verifiers: the names of the plugins of all ``[[verifier]]`` tables.
        attester: the name of its plugin, or None.
        insecure: whether nothing proves who a peer is.
        peers: the ids of the other parties, in the order of the file.
        remarks: what its plugins say of it, in lines for people.
    """

    source: str
    party: str
    transport: str
    verifiers: tuple[str, ...]
    attester: str | None
    insecure: bool
    peers: tuple[str, ...]
    remarks: tuple[str, ...]


def check_config(
    source: str | Path | Mapping[str, object], *, plugins: Sequence[object] = ()
) -> CheckedConfig:
    """Check a config, the files that it names, and its verifiers; connect to nobody.

    It reads files, those of the attester too, and imports plugins, so it blocks. No port is opened,
    and neither an attester nor its security module is asked for anything.

    Args:
        source: a path of a TOML file, or its content as a mapping.
        plugins: plugin objects beside those that are installed.

    Raises:
        ConfigInvalid: with every mistake that can be seen.
        ConfigError: the installation or a plugin is at fault.
    """
    config = load_config(source, Plugins(plugins))
    opened_verifiers(config)
    attester = [config.attester] if config.attester else []
    chosen: list[Chosen[Any]] = [config.transport, *config.verifiers, *attester]
    return CheckedConfig(
        source=config.source,
        party=config.party,
        transport=config.transport.descriptor.name,
        verifiers=tuple(verifier.descriptor.name for verifier in config.verifiers),
        attester=config.attester.descriptor.name if config.attester else None,
        insecure=config.transport.descriptor.insecure,
        peers=config.peers,
        remarks=(*_of_file(source), *(line for each in chosen for line in _remarks(config, each))),
    )


def _of_file(source: str | Path | Mapping[str, object]) -> list[str]:
    warning = None if isinstance(source, Mapping) else exposed(Path(source))
    return [] if warning is None else [f"Warning: {warning}"]


def _remarks(config: NodeConfig, chosen: Chosen[Any]) -> Sequence[str]:
    """Return what a plugin says of its keys; that it fails is a fault of the plugin."""
    descriptor = chosen.descriptor
    if descriptor.remarks is None:
        return ()
    try:
        return tuple(descriptor.remarks(config.setting(chosen)))
    except Exception as error:
        problem = f"its remarks failed: {type(error).__name__}"
        raise PluginBroken(descriptor.name, problem) from error
