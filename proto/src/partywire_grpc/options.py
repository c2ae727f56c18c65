"""What gRPC is told at every channel and server, and what the operating system has to give."""

import logging
import sys
from typing import Final

from partywire_grpc.frames import MAX_FRAME

if sys.platform != "win32":
    import resource

_log = logging.getLogger("partywire")

HANDSHAKE: Final = 10.0
"""Seconds that a server gives a connection until both speak HTTP/2."""
IDLE: Final = 10.0
"""Seconds, a tenth more or less, that a server keeps a connection in which no stream is open."""
AGE: Final = 6 * 3600.0
"""Seconds, a tenth more or less, after which a server has a connection made anew."""
GRACE: Final = 30.0
"""Seconds more until it cuts what is left of it."""

Options = tuple[tuple[str, str | int], ...]

_LARGEST_WINDOW: Final = (1 << 31) - 1
_LEAST_WINDOW: Final = 1 << 16
_DESCRIPTORS: Final = 256
"""File descriptors that a node may need beside those of its peers."""
_DESCRIPTORS_OF_A_PEER: Final = 8


def channel_options(window: int) -> Options:
    """Return what every channel of ours is made with.

    Each channel is one connection, tried once: pauses between tries are the core's. A proxy of the
    environment is not asked, nothing is compressed, no service config is looked up.
    """
    return (
        *_common(window),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_retries", 0),
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config_disable_resolution", 1),
    )


def server_options(window: int) -> Options:
    """Return what every server of ours is made with: one stream in each connection."""
    return (
        *_common(window),
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", 1),
        ("grpc.server_handshake_timeout_ms", int(HANDSHAKE * 1_000)),
        ("grpc.max_connection_idle_ms", int(IDLE * 1_000)),
        ("grpc.max_connection_age_ms", int(AGE * 1_000)),
        ("grpc.max_connection_age_grace_ms", int(GRACE * 1_000)),
    )


def check_descriptors(peers: int) -> None:
    """Warn where the system gives fewer file descriptors than that many peers may need."""
    if sys.platform == "win32":
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _DESCRIPTORS + _DESCRIPTORS_OF_A_PEER * peers
    if limit != resource.RLIM_INFINITY and limit < needed:
        _log.warning(
            "%d file descriptors are allowed, and %d peers may need %d; raise it: ulimit -n %d",
            limit,
            peers,
            needed,
            needed,
        )


def _common(window: int) -> Options:
    """Return what holds at both ends; ``window`` is in bytes, of what is on its way to us."""
    return (
        ("grpc.max_receive_message_length", MAX_FRAME),
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.http2.lookahead_bytes", min(max(window, _LEAST_WINDOW), _LARGEST_WINDOW)),
        ("grpc.http2.bdp_probe", 0),
    )
