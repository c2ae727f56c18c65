"""After a knock a server looks at who is absent, and less and less often where nothing is new."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from partywire_grpc.looking import NobodyListens
from partywire_grpc.lookout import AT_A_TIME, LONGEST, PAUSE, Lookout, Rest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest


class Street:
    """Who is absent, who was looked at, and who has something new."""

    def __init__(self, *absent: str) -> None:
        self.absent = set(absent)
        self.new: set[str] = set()
        self.away: set[str] = set()
        self.broken: set[str] = set()
        self.slow: set[str] = set()
        self.looks: Counter[str] = Counter()
        self.looking = self.most = 0
        self.lookout = Lookout(lambda: sorted(self.absent), self._look, pause=0.0)
        self._news = anyio.Event()

    async def _look(self, party: str) -> bool:
        self.looking += 1
        self.most = max(self.most, self.looking)
        await anyio.lowlevel.checkpoint()
        self.looking -= 1
        self.looks[party] += 1
        self._news.set()
        self._news = anyio.Event()
        if party in self.slow:
            await anyio.sleep_forever()
        if party in self.away:
            raise NobodyListens(party, "is away")
        if party in self.broken:
            raise RuntimeError("can't start new thread")
        return party in self.new

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                group.start_soon(self.lookout.run)
                yield
                group.cancel_scope.cancel()

    async def seen(self, **looks: int) -> None:
        """Knock until these parties were looked at so often."""
        while any(self.looks[party] < count for party, count in looks.items()):
            self.lookout.knock()
            await self._news.wait()


async def test_after_a_knock_everybody_who_is_absent_is_looked_at() -> None:
    street = Street("p1", "p2")
    async with street.open():
        await street.seen(p1=1, p2=1)
    assert street.looks == {"p1": 1, "p2": 1}


async def test_no_knock_no_look() -> None:
    street = Street("p1")
    async with street.open():
        await anyio.wait_all_tasks_blocked()
    assert not street.looks


async def test_few_are_looked_at_at_a_time() -> None:
    names = [f"p{number}" for number in range(3 * AT_A_TIME)]
    street = Street(*names)
    async with street.open():
        await street.seen(**dict.fromkeys(names, 1))
    assert street.most == AT_A_TIME


async def test_who_is_away_is_looked_at_again_later() -> None:
    street = Street("p1")
    street.away = {"p1"}
    async with street.open():
        await street.seen(p1=2)


async def test_who_is_away_is_not_left_alone_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(rest: Rest, _now: float, **_: bool) -> None:
        rest.until = float("inf")

    monkeypatch.setattr(Rest, "begin", for_ever)
    street = Street("p1", "p2")
    street.away = {"p1"}
    async with street.open():
        await street.seen(p1=4, p2=1)
    assert street.looks["p2"] == 1


async def test_a_look_that_fails_unforeseen_ends_no_lookout(
    caplog: pytest.LogCaptureFixture,
) -> None:
    street = Street("p1", "p2")
    street.broken = {"p1"}
    async with street.open():
        await street.seen(p1=2, p2=2)
    assert "a look at p1 failed" in caplog.text


async def test_a_look_that_does_not_end_is_one_and_others_go_on() -> None:
    street = Street("p1", "p2")
    street.slow = {"p1"}
    async with street.open():
        await street.seen(p1=1, p2=2)
        street.lookout.departed("p1")
        await street.seen(p2=3)
    assert street.looks["p1"] == 1


def test_where_nothing_is_new_a_peer_is_left_alone_longer_and_longer() -> None:
    rest, now, pauses = Rest(1.0), 0.0, []
    for _ in range(9):
        assert rest.over(now)
        rest.begin(now, new=False)
        pauses.append(rest.until - now)
        assert not rest.over(rest.until - 0.01)
        now = rest.until
    assert pauses == [1, 2, 4, 8, *[LONGEST] * 5]
    rest.begin(now, new=True)
    rest.begin(now, new=False)
    assert rest.until == now + PAUSE


async def test_who_has_departed_is_looked_at_at_once() -> None:
    street = Street("p1")
    async with street.open():
        await street.seen(p1=1)
        street.lookout.departed("p1")
        await street.seen(p1=2)
