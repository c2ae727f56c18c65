"""The command that this plugin adds to ``partywire``: ``attestation``."""

from partywire.hookspecs import CommandDescriptor, hookimpl
from partywire_nitro_attest.commands.attestation import attestation


@hookimpl
def register_commands() -> list[CommandDescriptor]:
    """Return it."""
    return [CommandDescriptor("attestation", attestation)]
