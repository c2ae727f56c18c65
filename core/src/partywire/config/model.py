"""A config that was read and found sound."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import attrs

from partywire.config.kinds import PartyId
from partywire.delivery.limits import HOUR, Between, Limits, Unit
from partywire.hookspecs import (
    AttesterDescriptor,
    RouterDescriptor,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
)
from partywire.setting import Attester

Descriptor = TransportDescriptor | VerifierDescriptor | AttesterDescriptor | RouterDescriptor
D = TypeVar("D", bound=Descriptor)


@attrs.frozen
class Party:
    """This node's own party; the keys of ``[party]``."""

    id: PartyId
    """The id of this party: the Common Name of its certificate, where it has one."""


@attrs.frozen
class SessionSettings:
    """How sessions are opened where the program says nothing else; the keys of ``[session]``."""

    timing: Literal["synchronous", "asynchronous"] = "synchronous"
    """Whether rounds have a deadline."""
    round_timeout: Annotated[float, Unit("seconds"), Between(0.001, 366 * 24 * HOUR)] = 120.0
    """How long a round may take in a synchronous session."""
    on_peer_failure: Literal["peer", "session"] = "peer"
    """Whether a failed peer fails only the calls that need it, or every call of the session."""


@attrs.frozen
class Chosen(Generic[D]):
    """A plugin that the config names.

    Attributes:
        descriptor: the plugin.
        config: its own keys, an instance of its config class; not in the repr, for secrets.
        peers: by party id, its own keys of each ``[[peer]]`` table.
    """

    descriptor: D
    config: Any = attrs.field(repr=False)
    peers: dict[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class NodeConfig:
    """All that a node is assembled from.

    Attributes:
        source: the file's path, or words for what the program gave; for messages.
        party: this node's party id.
        transport: the transport.
        verifiers: in the order of the file; the transport's own one is not among them.
        attester: who makes this node's evidence, if the config names one.
        router: the session router; ``local`` opens to the node's own.
        peers: the ids of the other parties, in the order of the file.
        session: how sessions are opened.
        limits: the bounds.
        trusted: all that this node trusts, as text, where the attester measures it; else empty.
    """

    source: str
    party: str
    transport: Chosen[TransportDescriptor]
    verifiers: tuple[Chosen[VerifierDescriptor], ...]
    attester: Chosen[AttesterDescriptor] | None
    router: Chosen[RouterDescriptor]
    peers: tuple[str, ...]
    session: SessionSettings
    limits: Limits
    trusted: str = ""

    def setting(self, chosen: Chosen[Any], attester: Attester | None = None) -> Setting:
        """Return what a plugin of this config is opened with."""
        attested = self.attester is not None
        trusted = self.trusted if chosen is self.attester else ""
        return Setting(
            self.party, chosen.config, chosen.peers, self.limits, attester, attested, trusted
        )
