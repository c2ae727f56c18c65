"""A `Plan` carried out in a `World`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import attrs

from core.tests.delivery.support.making import terms
from core.tests.delivery.support.participants import Ending, Participant
from core.tests.delivery.support.plans import Manner
from core.tests.delivery.support.players import Player
from core.tests.delivery.support.rest import left_over
from core.tests.delivery.support.watching import Watching
from core.tests.delivery.support.world import Life, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.tests.delivery.support.network import Weather
    from core.tests.delivery.support.plans import Computation, Plan

LOOK = 5.0
"""Seconds between two looks at whether all is over."""


@attrs.define(eq=False)
class Actor(Participant[Player]):
    """A participant whose players run in a `World`."""

    def look_whether_done(self) -> None:
        """Leave when every program has come to its end, or one to where the party stops."""
        stop = self.part.stop
        if stop is not None and stop.steps is not None:
            self.stop(stop.manner)
        elif all(player.finished for player in self.players):
            self.ending = Ending.FINISHED
            self.local.leave()

    def stop(self, manner: Manner) -> None:
        """Stop midway, unless it has come to its end."""
        if self.ending is None:
            self.ending = Ending.STOPPED
            for player in self.players:
                player.stop()
            if manner is Manner.LEAVE:
                self.local.leave()
            else:
                self.local.abort("cancelled" if manner is Manner.CANCEL else "stopped")

    def crash(self) -> None:
        """Be gone without a word."""
        if self.ending is None:
            self.ending = Ending.CRASHED
        for player in self.players:
            player.finished = True


class Performance:
    """All sessions of a plan, and all that befalls them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.participants: list[Actor] = []
        watch = Watching()
        weathers = cast("Mapping[tuple[str, str], Weather]", plan.weathers)
        self.world = World(plan.parties, plan.limits, weathers, plan.seed, watch)
        for party in plan.parties:
            self.begin(party)
        for fault in plan.faults:
            self.world.at(fault.when, partial(fault.strike, self))

    def begin(self, party: str) -> None:
        """Start a node, which opens each session in its time, or at once."""
        life = self.world.begin(party)
        for computation in self.plan.computations:
            part = computation.parts.get(party)
            if part is not None and part.opens is not None:
                when = max(part.opens, self.world.now)
                self.world.at(when, partial(self.open, computation, life))

    def begin_again(self, party: str) -> None:
        """Start a node anew, unless one runs."""
        if all(life.name != party for life in self.world.living()):
            self.begin(party)

    def crash(self, party: str, *, silent: bool) -> None:
        """Let every node of a party end without a word."""
        for life in self.world.living():
            if life.name == party:
                self.world.end(life, silent=silent)
                for participant in self.participants:
                    if participant.life is life:
                        participant.crash()

    def open(self, computation: Computation, life: Life) -> None:
        """Let a party open its session and begin its programs."""
        if not life.alive:
            return
        part, timeout = computation.parts[life.name], computation.round_timeout
        timing = "asynchronous" if timeout is None else "synchronous"
        local = life.table.open(
            computation.session,
            terms(computation.parts, labels=computation.labels, timing=timing),
            [other for other in computation.parts if other != life.name],
            round_timeout=timeout or 0.0,
            one_for_all=False,
        )
        participant = Actor(computation, life, local)
        self.participants.append(participant)
        after = part.stop.steps if part.stop else None
        participant.players += [
            Player(life, local, steps[:after], timeout or 0.0, participant.look_whether_done)
            for steps in part.programs
        ]
        if part.stop is not None and part.stop.seconds is not None:
            stop = partial(participant.stop, part.stop.manner)
            self.world.after(part.stop.seconds, stop)
        for player in participant.players:
            player.wake()

    def living(self) -> list[Life]:
        """Return the lives that have not ended."""
        return self.world.living()

    def run(self) -> None:
        """Go on until every part has ended, and then until nothing is left, within bounds."""
        plan, world = self.plan, self.world
        world.run(plan.quiet)
        latest = plan.quiet + plan.patience
        while world.now < latest and any(each.ending is None for each in self.participants):
            world.run(world.now + LOOK)
        latest = world.now + plan.limits.early_lifetime + plan.patience
        while world.now < latest and left_over(self):
            world.run(world.now + LOOK)
