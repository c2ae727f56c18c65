"""A `Plan` carried out in a `World`, and what has to be true of it afterwards."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from core.tests.delivery.support.making import terms
from core.tests.delivery.support.plans import ABORT, LEAVE, Computation, Cut, Plan
from core.tests.delivery.support.players import Player, Receive, Send
from core.tests.delivery.support.world import World
from partywire.errors import PartywireError, PeerAborted, PeerLeft

if TYPE_CHECKING:
    from partywire.delivery.sessions import LocalSession

LONG = 10_000.0
"""Seconds after which every cache and every deadline has run out."""


class Performance:
    """All sessions of a plan; ``players`` by session and party."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.world = World(plan.parties, plan.limits, random.Random(plan.seed))
        self.players: dict[tuple[int, str], list[Player]] = {}
        self.locals: dict[tuple[int, str], LocalSession] = {}
        for computation in plan.computations:
            for party, part in computation.parts.items():
                self.world.at(part.opens, partial(self.open, computation, party))
        for cut in plan.cuts:
            self.world.at(cut.when, partial(self.cut, cut))

    def cut(self, cut: Cut) -> None:
        self.world.wires[cut.source, cut.target].cut(cut.downtime)

    def open(self, computation: Computation, party: str) -> None:
        part = computation.parts[party]
        given = terms(computation.parts, labels=computation.labels)
        others = [other for other in computation.parts if other != party]
        local = self.world.parties[party].open(computation.session, given, others)
        self.locals[computation.session, party] = local
        how, after = part.stop or (LEAVE, None)
        players = self.players[computation.session, party] = []

        def done() -> None:
            stopped = part.stop is not None and any(player.finished for player in players)
            if not local.left and (stopped or all(player.finished for player in players)):
                for player in players:
                    player.finished = True
                local.abort("stopped") if how == ABORT else local.leave()

        players += [Player(self.world, local, steps[:after], done) for steps in part.programs]
        for player in players:
            player.wake()

    def run(self) -> None:
        self.world.run(LONG)

    # --- what has to be true ----------------------------------------------------------------------

    def check(self) -> None:
        """Everybody came to an end.

        Every message arrived once and in order, or there is a named error.
        """
        for computation in self.plan.computations:
            for party in computation.parts:
                for player in self.players[computation.session, party]:
                    assert player.finished, f"{party} waits: {player.steps[0]}"
                for other in computation.parts:
                    if other != party:
                        self.check_flow(computation, party, other)
        self.check_rest()

    def check_flow(self, computation: Computation, sender: str, receiver: str) -> None:
        sent = self.sent(computation.session, sender, receiver)
        got = self.received(computation.session, sender, receiver)
        for slot, messages in got.items():
            assert messages == sent.get(slot, [])[: len(messages)], "once, in order, unchanged"
        error = self.error(computation.session, receiver, sender)
        stop = computation.parts[sender].stop
        if stop is not None and stop[0] == ABORT:
            assert error is None or isinstance(error, PeerAborted), f"not told why: {error}"
            return
        if stop is None:
            assert error is None, f"{receiver} lost {sender}: {error}"
        assert error is None or isinstance(error, PeerLeft), f"{receiver} lost {sender}: {error}"
        self.check_complete(computation, sender, receiver)

    def check_complete(self, computation: Computation, sender: str, receiver: str) -> None:
        """What the receiver asked for, it got, if it was sent by one that left in good order."""
        sent = self.sent(computation.session, sender, receiver)
        got = self.received(computation.session, sender, receiver)
        for slot, asked in self.asked(computation, sender, receiver).items():
            expected = min(asked, len(sent.get(slot, [])))
            assert len(got.get(slot, [])) == expected, f"lost: {sender} to {receiver}, slot {slot}"

    def check_rest(self) -> None:
        """Nothing is left over anywhere."""
        assert self.world.left_over() == []
        for local in self.locals.values():
            for pair in local.pairs.values():
                outbox, intake = pair.outbox, pair.intake
                assert (outbox.held, outbox.flying, intake.mailbox.cost) == (0, 0, 0)
        for party in self.world.parties.values():
            assert not party.table.undelivered

    def sent(self, session: int, sender: str, receiver: str) -> dict[int, list[bytes]]:
        slots: dict[int, list[bytes]] = {}
        for player in self.players[session, sender]:
            for step in player.sent[receiver]:
                slots.setdefault(step.slot, []).append(step.data)
        return slots

    def received(self, session: int, sender: str, receiver: str) -> dict[int, list[bytes]]:
        slots: dict[int, list[bytes]] = {}
        for player in self.players[session, receiver]:
            for slot, data in player.received[sender]:
                slots.setdefault(slot, []).append(data)
        return slots

    def error(self, session: int, party: str, peer: str) -> PartywireError | None:
        errors = [player.errors.get(peer) for player in self.players[session, party]]
        return next((error for error in errors if error is not None), None)

    def asked(self, computation: Computation, sender: str, receiver: str) -> dict[int, int]:
        """How many receives of each slot came to an end at the receiver."""
        part = computation.parts[receiver]
        counts: dict[int, int] = {}
        for player, steps in zip(
            self.players[computation.session, receiver], part.programs, strict=True
        ):
            after = part.stop[1] if part.stop else len(steps)
            ended = min(after, len(steps)) - len(player.steps)
            for step in steps[:ended]:
                if isinstance(step, Receive) and step.peer == sender:
                    counts[step.slot] = counts.get(step.slot, 0) + 1
        return counts


def promised(plan: Plan) -> bool:
    """Tell whether a plan sends anything at all."""
    return any(
        isinstance(step, Send)
        for computation in plan.computations
        for part in computation.parts.values()
        for steps in part.programs
        for step in steps
    )
