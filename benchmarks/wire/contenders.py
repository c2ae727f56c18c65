"""Who takes part, and on which event loop."""

from benchmarks.wire.link import Contender

OURS = "partywire, grpc-insecure, uvloop"
"""What the others are compared with."""

CONTENDERS: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender(OURS, "uvloop", "fast_wire:insecure_grpc"),
        Contender("partywire, grpc-mtls, uvloop", "uvloop", "fast_wire:mutual_tls"),
        Contender("partywire, grpc-insecure, asyncio", "asyncio", "fast_wire:insecure_grpc"),
        Contender("partywire, grpc-mtls, asyncio", "asyncio", "fast_wire:mutual_tls"),
        Contender("grpc.aio, a call a message, asyncio", "asyncio", "bare_grpc:unary", share=0.1),
        Contender("grpc.aio, one stream, asyncio", "asyncio", "bare_grpc:stream", share=0.5),
        Contender("sockets, asyncio", "asyncio", "sockets:opened"),
        Contender("sockets, uvloop", "uvloop", "sockets:opened"),
        Contender("MPyC's exchanger, uvloop", "uvloop", "exchanger:opened"),
    )
}
