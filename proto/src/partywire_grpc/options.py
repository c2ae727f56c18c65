"""What gRPC is told at every channel and server, and what the operating system has to give."""

import errno
import logging
import os
import sys
from contextlib import ExitStack
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
CONNECTIONS: Final = 2_048
"""Connections that a server has at a time, those of strangers among them; a further one is closed.

An idle one costs up to 100 KB of memory.
"""
UNJUDGED: Final = 1 << 30
"""Bytes of callers who wait to be judged, while the event loop is busy elsewhere; see `waiting`."""

NO_DESCRIPTORS: Final = "this process has no file descriptors left; raise their limit: ulimit -n"
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""What the system answers where there are none, for the process or for the machine."""

Options = tuple[tuple[str, str | int], ...]

_LARGEST_WINDOW: Final = (1 << 31) - 1
_LEAST_WINDOW: Final = 1 << 16
_DESCRIPTORS: Final = 256
"""File descriptors that a node may need beside those of its peers."""
_DESCRIPTORS_OF_A_PEER: Final = 8
_SPARE: Final = 16
"""File descriptors that must be left where a server begins: gRPC ends the process without them."""
_CALLERS: Final = 4
"""Callers who may wait to be judged, whatever the window."""


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


def server_options(window: int, peers: int) -> Options:
    """Return what every server of ours is made with: one stream in each connection.

    ``window`` is as in `channel_options`. How many connections it may have goes by what many peers
    need, and by what else the system gives.
    """
    callers = waiting(window)
    return (
        *_common(window),
        ("grpc.so_reuseport", 0),
        ("grpc.max_allowed_incoming_connections", connections(peers)),
        ("grpc.max_concurrent_streams", 1),
        ("grpc.server.max_pending_requests", callers),
        ("grpc.server.max_pending_requests_hard_limit", callers),
        ("grpc.server_handshake_timeout_ms", int(HANDSHAKE * 1_000)),
        ("grpc.max_connection_idle_ms", int(IDLE * 1_000)),
        ("grpc.max_connection_age_ms", int(AGE * 1_000)),
        ("grpc.max_connection_age_grace_ms", int(GRACE * 1_000)),
    )


def waiting(window: int) -> int:
    """Return how many callers may wait to be judged; a further one is turned away.

    Each may send a window before anybody has looked at it, and keep nothing else of it waiting.
    """
    return max(_CALLERS, UNJUDGED // _ahead(window))


def check_descriptors(peers: int) -> None:
    """Warn where the system gives fewer file descriptors than that many peers may need."""
    limit, needed = _descriptors(), _DESCRIPTORS + _DESCRIPTORS_OF_A_PEER * peers
    if limit is not None and limit < needed:
        _log.warning(
            "%d file descriptors are allowed, and %d peers may need %d; raise it: ulimit -n %d",
            limit,
            peers,
            needed,
            needed,
        )


def spare_descriptors() -> None:
    """Raise `OSError`, with the remedy, where this process has hardly a file descriptor left.

    To be called before gRPC makes a server: where gRPC has too few for its own it ends the process
    (seen with grpcio 1.85), and where one is missing later it says that it cannot listen.
    """
    try:
        with ExitStack() as held:
            for _ in range(_SPARE):
                held.callback(os.close, os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        raise OSError(error.errno, NO_DESCRIPTORS) from error


def _ahead(window: int) -> int:
    return min(max(window, _LEAST_WINDOW), _LARGEST_WINDOW)


def connections(peers: int) -> int:
    """Return how many connections leave enough descriptors for all else."""
    of_peers, limit = _DESCRIPTORS_OF_A_PEER * peers, _descriptors()
    if limit is None:
        return CONNECTIONS
    return min(CONNECTIONS, max(of_peers, limit - _DESCRIPTORS - of_peers))


def _descriptors() -> int | None:
    """Return how many file descriptors the system gives this process; None for any number."""
    if sys.platform == "win32":
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if limit == resource.RLIM_INFINITY else limit


def _common(window: int) -> Options:
    """Return what holds at both ends; ``window`` is in bytes, of what is on its way to us."""
    return (
        ("grpc.max_receive_message_length", MAX_FRAME),
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.http2.lookahead_bytes", _ahead(window)),
        ("grpc.http2.bdp_probe", 0),
    )
