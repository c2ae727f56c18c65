"""What lies between two parties: frames that are late, lost, doubled, overtaken, or all gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from core.tests.delivery.support.world import World

LATEST = 40.0
"""Seconds after which no frame comes any more."""


@attrs.frozen
class Weather:
    """How one direction treats its frames; after ``until`` seconds they are only late.

    ``lost``, ``doubled`` and ``overtaken`` are shares of all frames; ``latest`` is in seconds.
    """

    latest: float = 0.05
    lost: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    until: float = 0.0

    @property
    def outage(self) -> float | None:
        """A hello may be lost as long as anything is."""
        return self.until if self.lost else None


class Path:
    """One direction between two parties. ``blocks`` counts what lets nothing through now."""

    def __init__(self, world: World, weather: Weather, chance: random.Random) -> None:
        self.world = world
        self.weather = weather
        self.chance = chance
        self.blocks = 0

    def delay(self) -> float:
        return self.chance.random() * self.weather.latest

    def much_later(self) -> float:
        return self.chance.random() * self.chance.choice((0.1, 3.0, LATEST))

    def happens(self, share: float) -> bool:
        return self.world.now < self.weather.until and self.chance.random() < share


class Lane:
    """One direction of one connection: in order, unless frames are ``unruly``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last = 0.0

    def send(self, arrive: Callable[[], None], *, unruly: bool = False) -> None:
        """Let a frame arrive, if it does. Only an unruly one may be overtaken, or come twice."""
        path, weather = self.path, self.path.weather
        if path.blocks or path.happens(weather.lost):
            return
        when = path.world.now + path.delay()
        if unruly and path.happens(weather.overtaken):
            path.world.at(when + path.much_later(), arrive)
        else:
            self.last = max(self.last, when)
            path.world.at(self.last, arrive)
        if unruly and path.happens(weather.doubled):
            path.world.at(when + path.much_later(), arrive)
