"""The keys of mutual TLS in a config."""

from pathlib import Path

import attrs
from attrs.validators import optional

from partywire_grpc.addresses import is_address
from partywire_grpc.wires import Wire


@attrs.frozen
class MtlsConfig:
    """``[transport]`` with ``plugin = "grpc-mtls"``."""

    listen: str = attrs.field(validator=is_address)
    """Where peers find this node: host:port."""
    certificate: Path | None = None
    """This party's certificate, in PEM; no intermediates. Needed unless an attester makes it."""
    private_key: Path | None = None
    """The key of that certificate, in PEM and not encrypted, which nobody else can read."""
    reference_listen: str | None = attrs.field(default=None, validator=optional(is_address))
    """Where peers on the reference wire find this node: host:port, another one than `listen`."""


@attrs.frozen
class MtlsPeer:
    """The transport's share of each ``[[peer]]``."""

    address: str = attrs.field(validator=is_address)
    """Where the peer listens: host:port."""
    certificate: Path | None = None
    """What the verifier x509 holds the peer to. It may call before it was called, given this."""
    wire: Wire = "fast"
    """Whether the peer is a node of ours, or one that speaks the reference system's wire."""
