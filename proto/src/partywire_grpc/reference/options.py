"""What gRPC is told of the reference wire, at both ends."""

from typing import Final

from partywire.delivery.limits import MIB
from partywire_grpc import options
from partywire_grpc.options import Options
from partywire_grpc.reference.requests import LARGEST

STREAMS: Final = 256
"""Calls that one connection may have at a time; gRPC has further ones wait at the caller."""
UNREAD: Final = 1 << 16
"""Bytes of a call that come in before anybody reads it. A reader takes all that there is."""
IDLE: Final = 300.0
"""Seconds, a tenth more or less, that a server keeps a connection without a call."""
PING: Final = 20.0
"""Seconds of silence during a call after which the other end is asked whether it is there."""
PONG: Final = 10.0
"""Seconds that it has to answer."""
LAST_CALLS: Final = 75.0
"""Seconds that the calls of a connection that has got old have to end, and 1 s more for each MiB
that one may have: as long as a caller of ours waits by the defaults."""

_NEVER: Final = (1 << 31) - 1


def channel_options() -> Options:
    """Return what every channel of ours is made with; one is one connection, tried once."""
    return (
        *options.channel_options(UNREAD),
        *_awake(),
        ("grpc.max_send_message_length", LARGEST),
        ("grpc.client_idle_timeout_ms", _NEVER),
    )


def server_options(largest: int, peers: int) -> Options:
    """Return what every server of ours is made with; ``largest`` is in bytes of a request."""
    return (
        ("grpc.max_allowed_incoming_connections", options.connections(peers)),
        *_awake(),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", int(PONG * 1_000)),
        ("grpc.max_receive_message_length", largest),
        ("grpc.max_send_message_length", UNREAD),
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.http2.lookahead_bytes", UNREAD),
        ("grpc.http2.bdp_probe", 0),
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", STREAMS),
        ("grpc.server_handshake_timeout_ms", int(options.HANDSHAKE * 1_000)),
        ("grpc.max_connection_idle_ms", int(IDLE * 1_000)),
        ("grpc.max_connection_age_ms", int(options.AGE * 1_000)),
        ("grpc.max_connection_age_grace_ms", int((LAST_CALLS + largest / MIB) * 1_000)),
    )


def _awake() -> Options:
    """Return how both ends find out that the other one is gone."""
    return (
        ("grpc.keepalive_time_ms", int(PING * 1_000)),
        ("grpc.keepalive_timeout_ms", int(PONG * 1_000)),
        ("grpc.http2.max_pings_without_data", 0),
    )
