"""A schedule as data: who opens what when and does what in it, and what befalls whom."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import attrs

from core.tests.delivery.support.faults import FOR_EVER, Fault
from core.tests.delivery.support.network import LATEST
from core.tests.delivery.support.programs import NextRound, Program, pauses
from partywire.delivery.limits import Limits

UNHURRIED = 100.0
"""Seconds of a round that no schedule uses up."""


class Manner(Enum):
    """How a party stops midway."""

    LEAVE = "leaves"
    ABORT = "raises"
    CANCEL = "is cancelled"


@attrs.frozen
class Stop:
    """A party stops: after so many steps of a program, or so many seconds after opening."""

    manner: Manner
    steps: int | None = None
    seconds: float | None = None


@attrs.frozen
class Part:
    """One party in one session: its programs run side by side.

    ``opens`` is in seconds, None for one that never does.
    """

    opens: float | None
    programs: tuple[Program, ...]
    stop: Stop | None = None

    @property
    def rounds(self) -> int:
        return 1 + max(sum(isinstance(step, NextRound) for step in p) for p in self.programs)


@attrs.frozen
class Computation:
    """One session: all its parties. ``round_timeout`` is None in an asynchronous one."""

    session: int
    labels: bool
    round_timeout: float | None
    parts: dict[str, Part]


class Between(Protocol):
    """What is always so between two parties, in one direction."""

    @property
    def until(self) -> float:
        """When the worst of it is over, in seconds."""

    @property
    def outage(self) -> float | None:
        """For how long no hello may come through, beside the attempts that fail; or None."""


@attrs.frozen
class Plan:
    """A world and what happens in it.

    ``patient``: no limit but those of giving up and of rounds can run out.
    """

    seed: int
    parties: tuple[str, ...]
    limits: Limits
    patient: bool
    computations: tuple[Computation, ...]
    weathers: Mapping[tuple[str, str], Between]
    faults: tuple[Fault, ...]

    def absence(self, one: str, other: str) -> float:
        """Return for how long one may find the other away, as the outages between them add up.

        Each lasts until the next attempt to connect: one may hang, and a pause comes before it.
        Where frames are lost, a hello may be, again and again.
        """
        limits = self.limits
        outages = [seconds for fault in self.faults if (seconds := fault.outage(one, other))]
        ways = ((one, other), (other, one))
        weathers = [self.weathers[way].outage for way in ways if way in self.weathers]
        lossy = [outage for outage in weathers if outage is not None]
        outages += [max(lossy)] if lossy else []
        return sum(outages) + len(outages) * (2 * limits.deliver_timeout + limits.retry_longest)

    @property
    def quiet(self) -> float:
        """The time from which on nothing happens but what follows from before, in seconds."""
        parts = [part for each in self.computations for part in each.parts.values()]
        opened = max((part.opens or 0.0 for part in parts), default=0.0)
        paused = sum(max(map(pauses, part.programs)) for part in parts)
        stopped = max((part.stop.seconds or 0.0 for part in parts if part.stop), default=0.0)
        faults = max((fault.over for fault in self.faults), default=0.0)
        weather = max((weather.until for weather in self.weathers.values()), default=0.0)
        return max(opened, faults, weather) + paused + stopped + LATEST

    @property
    def patience(self) -> float:
        """How long anything may be waited for after that, in seconds.

        A pair can be given up once for each reason, and a program waits for one pair at a time.
        """
        limits = self.limits
        rounds = [
            part.rounds * (each.round_timeout or 0.0)
            for each in self.computations
            for part in each.parts.values()
        ]
        reasons = (
            limits.give_up + 2 * limits.deliver_timeout + limits.retry_longest,
            2 * limits.full_timeout,
            limits.reassembly_timeout,
        )
        return len(self.parties) * (sum(reasons) + sum(rounds)) + limits.linger

    def severed(self, one: str, other: str) -> bool:
        """Tell whether the two are kept from each other for ever."""
        return any(fault.outage(one, other) == FOR_EVER for fault in self.faults)
