"""The commands that this plugin adds to ``partywire``: ``init`` and ``certificate``."""

from partywire.hookspecs import CommandDescriptor, hookimpl
from partywire_grpc_mtls.commands.certificate import certificate
from partywire_grpc_mtls.commands.init import init


@hookimpl
def register_commands() -> list[CommandDescriptor]:
    """Return both."""
    return [CommandDescriptor("init", init), CommandDescriptor("certificate", certificate)]
