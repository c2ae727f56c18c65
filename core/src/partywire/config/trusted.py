"""What a node trusts, as text that is the same on every machine, so that it can be measured.

A party proves by it that it runs by this config, beside that it runs this program.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeGuard

from partywire.config.model import Chosen, NodeConfig
from partywire.errors import PluginBroken
from partywire.hookspecs import (
    AttesterDescriptor,
    RouterDescriptor,
    Setting,
    TransportDescriptor,
    Trusted,
    VerifierDescriptor,
)

Trusting = Chosen[TransportDescriptor] | Chosen[RouterDescriptor] | Chosen[VerifierDescriptor]

FORMAT: Final = "partywire trusts, in format 1"
UNSAID: Final = (
    "it does not say what it trusts, and the attester is to measure that; take a plugin that says "
    "it, or let the attester measure nothing"
)


def measures(attester: Chosen[AttesterDescriptor] | None) -> bool:
    """Tell whether the table of an attester has it measure what this node trusts."""
    if attester is None or attester.config is None or not attester.descriptor.measures:
        return False
    return getattr(attester.config, attester.descriptor.measures) is True


def trusted_text(config: NodeConfig) -> str:
    """Return who the parties are, and all that transport, router and verifiers trust of them.

    The router is handed every message, so it is part of that wherever it brings them.

    Neither the order of the file nor that of what a plugin says counts. No path is in it, and no
    address. The lines of a plugin are set in, so that none of them can be taken for another's.

    Raises:
        PluginBroken: a plugin fails to say it, or says it in other things than lines.
    """
    lines = [FORMAT, f"party {config.party}", *(f"peer {each}" for each in sorted(config.peers))]
    lines += _section("transport", config, config.transport)
    lines += _section("router", config, config.router)
    for section in sorted(_section("verifier", config, each) for each in config.verifiers):
        lines += section
    return "".join(f"{line}\n" for line in lines)


def trusted_lines(config: NodeConfig, chosen: Trusting) -> list[str]:
    """Return what one plugin of a config trusts, as in the text. Raises `PluginBroken`."""
    descriptor = chosen.descriptor
    return sorted(_said(descriptor.name, descriptor.trusted, config.setting(chosen)))


def _section(kind: str, config: NodeConfig, chosen: Trusting) -> list[str]:
    lines = trusted_lines(config, chosen)
    return [f"{kind} {chosen.descriptor.name}", *(f"  {each}" for each in lines)]


def _said(name: str, trusted: Trusted | None, setting: Setting) -> Iterator[str]:
    """Yield the lines of a plugin; that it says none, or no lines, is a fault of the plugin."""
    if trusted is None:
        raise PluginBroken(name, UNSAID)
    try:
        lines: Sequence[object] = list(trusted(setting))
    except Exception as error:
        problem = f"it fails to say what it trusts: {type(error).__name__}"
        raise PluginBroken(name, problem) from error
    for line in lines:
        if not _is_line(line):
            raise PluginBroken(name, "what it trusts is not said in lines of printable text")
        yield line


def _is_line(line: object) -> TypeGuard[str]:
    return isinstance(line, str) and line.isprintable() and line != "" and line == line.strip()
