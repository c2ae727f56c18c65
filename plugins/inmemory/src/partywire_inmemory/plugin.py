"""The plugin ``transport.inmemory``."""

from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.identity import WHO
from partywire.interfaces import IdentityVerifier
from partywire_inmemory.transport import InMemoryConfig, open_transport
from partywire_inmemory.verifier import HandleVerifier


def open_verifier(setting: Setting) -> IdentityVerifier:
    """Return the verifier of the config's network."""
    config: InMemoryConfig = setting.config
    return HandleVerifier(config.network)


@hookimpl
def register_transports() -> list[TransportDescriptor]:
    """Return the transport, which brings a verifier of its own."""
    return [
        TransportDescriptor(
            name="inmemory",
            open=open_transport,
            config=InMemoryConfig,
            verifier=open_verifier,
            proves=frozenset({WHO}),
            trusted=lambda setting: [f"network {setting.config.network!r}"],
        )
    ]
