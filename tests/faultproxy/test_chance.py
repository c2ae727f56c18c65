"""Faults by chance: the seed repeats them, whatever the speed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.faultproxy import DOWN, UP, Chances, Fault, Kind, Proxy
from tests.faultproxy.chance import KINDS
from tests.faultproxy.test_proxy import BROKEN, line

if TYPE_CHECKING:
    from anyio.abc import SocketStream


def test_the_same_seed_gives_the_same_fate(seed: int) -> None:
    def fate(number: int) -> list[Fault]:
        return list(islice(Chances(seed).fate(number, UP), 100))

    assert fate(1) == fate(1)
    assert fate(1) != fate(2)
    assert fate(1) != list(islice(Chances(seed + 1).fate(1, UP), 100))


def test_no_bit_flips_unless_it_is_asked_for(seed: int) -> None:
    fate = list(islice(Chances(seed).fate(0, DOWN), 1_000))
    assert {fault.kind for fault in fate} == set(KINDS)
    assert Kind.FLIP not in KINDS


@pytest.mark.parametrize("kind", [Kind.RATE, Kind.STALL])
def test_amounts_keep_their_bounds(seed: int, kind: Kind) -> None:
    chances = Chances(seed, kinds={kind: 1}, longest=0.5, least_rate=100.0)
    low, high = {Kind.RATE: (100.0, 1_000.0), Kind.STALL: (0.005, 0.5)}[kind]
    for fault in islice(chances.fate(0, UP), 1_000):
        assert low <= fault.amount <= high


async def test_a_cut_by_chance_comes_after_the_same_bytes_again(seed: int) -> None:
    chances = Chances(seed, every=10_000, kinds={Kind.CUT: 1})
    said: list[str] = []

    async def passes() -> int:
        """Send until the cut, and return after how many bytes it came by the proxy's word."""
        async with line() as there:
            proxy = Proxy(there.proxy.far, chances=chances, say=said.append)
            async with proxy.running():
                near = await there.dial(proxy)
                await send_until_broken(near)
                await proxy.until(lambda: proxy.struck[Kind.CUT] > 0)
        return int(said[-1].split(", ")[1].split()[0])

    wanted = next(chances.fate(0, UP)).after
    assert [await passes(), await passes()] == [wanted, wanted]
    assert f"seed={seed}" in said[0]


async def send_until_broken(stream: SocketStream) -> None:
    try:
        while True:
            await stream.send(bytes(100))
    except BROKEN:
        pass
