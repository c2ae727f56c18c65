"""Who and what the reference listener refuses, and by which code."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import grpc.aio
import pytest
from anyio import to_thread

from partywire_grpc.reference.callers import Errand
from partywire_grpc.reference.requests import encode_request
from tests.certificates.wallet import Wallet, common_wallet
from tests.reference.foreign import ACTIVE, foreign, health_tag, tag, tls_of
from tests.reference.ground import OTHER, OURS, PATIENCE, THEIRS, place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.reference.ground import Place

    Shown = Callable[[], dict[str, str] | None]

MIB = 1 << 20
TAG = tag(1, THEIRS, 0)
LIES = {
    "SendValue": tag(1, OTHER, 0),
    "HealthCheck": health_tag(OTHER),
}
GARBAGE = {
    "no tag": "",
    "a tag cut short": f"0a10{TAG[:32]}",
    "a tag with a byte too many": f"0a{len(TAG) // 2 + 1:02x}{TAG}00",
    "a sender of 2**64 - 1 bytes": "0a18" + "00" * 16 + "ff" * 8,
    "a field that ends behind the message": "0aff01",
    "a group": "0b0c",
}


def errands(but: Sequence[Errand] = ()) -> list[Errand]:
    """What is held of calls at all reference listeners of this process, but for these."""
    gc.collect()
    found = [each for each in gc.get_objects() if isinstance(each, Errand)]
    return [each for each in found if not any(each is other for other in but)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("method", LIES)
async def test_a_tag_that_names_somebody_else_is_not_authentic(method: str) -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    shown = await to_thread.run_sync(tls_of, somewhere.wallet, THEIRS, OURS)
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown) as theirs,
        ):
            assert await theirs.call(method, tag=LIES[method]) == ("UNAUTHENTICATED", "")
            assert not ours.counter.taken
            assert not ours.counter.checks


@pytest.mark.parametrize("request_", GARBAGE.values(), ids=GARBAGE)
async def test_what_does_not_parse_is_aborted(
    somewhere: Place, shown: Shown, request_: str
) -> None:
    before = errands()
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
        ):
            for method in ("SendValue", "HealthCheck"):
                assert await theirs.call(method, request=request_) == ("ABORTED", "")
            assert not ours.counter.taken
            assert await theirs.call("SendValue", tag=TAG) == ("OK", ACTIVE)
            assert not errands(but=before), "nothing is kept of a call that is over"


async def test_nobody_comes_without_a_certificate_or_with_one_that_nobody_knows(
    tmp_path: Path,
) -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    wallet = await to_thread.run_sync(common_wallet, OURS)
    none = await to_thread.run_sync(tls_of, wallet, None, OURS)
    unknown = await to_thread.run_sync(Wallet(tmp_path).certificate, THEIRS)
    forged = {
        **none,
        "certificate": str(unknown),
        "private_key": str(unknown.with_suffix(".key")),
    }
    with anyio.fail_after(PATIENCE):
        async with somewhere.opened() as ours:
            for shown in (none, forged):
                async with foreign("client", somewhere.ports.reference, shown) as theirs:
                    code, _ = await theirs.call("SendValue", tag=TAG)
                    assert code in {"SSLError", "StreamTerminatedError", "ConnectionResetError"}
            assert not ours.counter.arrived


async def test_a_caller_of_the_other_wire_is_refused_before_it_is_read() -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    shown = await to_thread.run_sync(tls_of, somewhere.wallet, OTHER, OURS)
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown) as theirs,
        ):
            answer = await theirs.call("SendValue", tag=tag(1, OTHER, 0), size=MIB)
            assert answer == ("PERMISSION_DENIED", "")
            assert not ours.counter.taken


async def test_each_listener_has_one_wire() -> None:
    somewhere = place(tls=False)
    ports = somewhere.ports
    with anyio.fail_after(PATIENCE):
        async with somewhere.opened() as ours, foreign("client", ports.fast, None) as theirs:
            assert await theirs.call("SendValue", tag=TAG) == ("UNIMPLEMENTED", "")
            assert not ours.counter.arrived
            name = "partywire.fast.FastWire/Connect"
            fast = grpc.aio.insecure_channel(f"127.0.0.1:{ports.reference}")
            async with fast as channel:
                call: Any = channel.stream_stream(f"/{name}")()
                assert await call.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_compressed_value_is_refused() -> None:
    somewhere = place(tls=False)
    bomb = encode_request(bytes.fromhex(TAG), bytes(64 * MIB))
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            grpc.aio.insecure_channel(
                f"127.0.0.1:{somewhere.ports.reference}", compression=grpc.Compression.Gzip
            ) as channel,
        ):
            call: Any = channel.unary_unary("/ddec_networking.gnetworking/SendValue")
            with pytest.raises(grpc.aio.AioRpcError, match="UNIMPLEMENTED"):
                await call(bomb)
            assert not ours.counter.arrived


async def test_a_value_above_the_limit_is_refused(somewhere: Place, shown: Shown) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened(largest_message=2 * MIB) as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
        ):
            answer = await theirs.call("SendValue", tag=TAG, size=2 * MIB + 1_000)
            assert answer == ("RESOURCE_EXHAUSTED", "")
            assert not ours.counter.taken
            assert await theirs.call("SendValue", tag=TAG, size=2 * MIB) == ("OK", ACTIVE)
