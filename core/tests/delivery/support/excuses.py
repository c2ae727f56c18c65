"""Which errors a plan excuses between two parties of a session: all others are a broken promise."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from core.tests.delivery.support.plans import UNHURRIED, Manner
from partywire.errors import (
    MailboxOverflow,
    PeerAborted,
    PeerLeft,
    PeerStalled,
    PeerUnreachable,
    RoundTimeout,
)

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Computation, Plan
    from partywire.errors import PartywireError

Excuses = set[type["PartywireError"]]


def excuses(plan: Plan, computation: Computation, here: str, there: str) -> Excuses:
    """Return what a call here may raise about the party there.

    In a synchronous session, waiting for a party that is away uses up everybody's time, as its
    rounds have one clock: a message may be late, and a send that timed out was not sent.
    """
    found = _between(plan, here, there) | _of_the_part(computation, there)
    ways = permutations(computation.parts, 2)
    if computation.round_timeout is not None and (
        computation.round_timeout < UNHURRIED
        or any(PeerUnreachable in _between(plan, *way) for way in ways)
    ):
        found |= {RoundTimeout, PeerLeft}
    if not plan.patient:
        found |= {PeerStalled, PeerAborted, MailboxOverflow}
    return found


def _between(plan: Plan, here: str, there: str) -> Excuses:
    """Return what is excused by what befalls the two and the paths between them."""
    found: Excuses = set()
    if plan.absence(here, there) >= plan.limits.give_up:
        found |= {PeerUnreachable, PeerAborted}
    for fault in plan.faults:
        if fault.party in (here, there):
            found |= fault.excuses
    return found


def _of_the_part(computation: Computation, there: str) -> Excuses:
    """Return what is excused by how the party stops."""
    stop = computation.parts[there].stop
    if stop is None:
        return set()
    return {PeerLeft if stop.manner is Manner.LEAVE else PeerAborted}
