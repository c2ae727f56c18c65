"""Random plans.

Hypothesis draws what befalls whom. Programs come from a seed, and shrink in length.
"""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st

from core.tests.delivery.support.faults import FOR_EVER, ClockStep, Crash, Cut, Fault, Silence, Twin
from core.tests.delivery.support.making import EVERYBODY
from core.tests.delivery.support.network import Weather
from core.tests.delivery.support.plans import (
    UNHURRIED,
    Computation,
    Manner,
    Part,
    Plan,
    Stop,
)
from core.tests.delivery.support.programs import CHUNK, LARGEST, by_both, by_labels, by_rounds
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn

    from core.tests.delivery.support.climates import Climate

PATIENT = 3_000.0
"""Seconds that no schedule uses up, even where each round of a session waits for its deadline."""

ONE = LARGEST + MESSAGE_COST
"""What the largest message costs."""


@cache
def limits(climate: Climate) -> st.SearchStrategy[Limits]:
    """Bounds so tiny that FULL, QUOTA and CREDIT are everyday things."""
    hasty = [1.0, 5.0, 30.0]
    return st.builds(
        Limits,
        early_sessions=st.sampled_from([1, 2, 100]),
        early_bytes=st.sampled_from([1, ONE, 4 * ONE, 100 * ONE]),
        early_message=st.sampled_from([1, CHUNK]),
        early_lifetime=st.sampled_from([0.2, 5.0, 900.0]),
        look_ahead=st.sampled_from([1, 2, 32]),
        mailbox_bytes=st.sampled_from([1, ONE, 3 * ONE, 100 * ONE]),
        mailbox_messages=st.sampled_from([1, 2, 100]),
        label_overdraft=st.just(1000 * ONE),
        peer_bytes=st.just(1 << 30) if climate.patient else st.sampled_from([ONE, 3 * ONE]),
        window=st.sampled_from([1, CHUNK, 100 * CHUNK]),
        give_up=st.just(60.0) if not climate.grave else st.sampled_from([5.0, 60.0]),
        deliver_timeout=st.sampled_from([1.0, 2.0]),
        full_timeout=st.just(PATIENT) if climate.patient else st.sampled_from(hasty),
        reassembly_timeout=st.just(PATIENT) if climate.patient else st.sampled_from(hasty),
        linger=st.just(PATIENT) if climate.patient else st.sampled_from(hasty),
    )


@st.composite
def computations(
    draw: DrawFn, session: int, parties: tuple[str, ...], climate: Climate
) -> Computation:
    members = draw(st.sampled_from([parties, parties[:2]]))
    labels = draw(st.booleans())
    timeouts = [None, 0.1, 2.0] if climate.hurried else [None, UNHURRIED]
    make = draw(st.sampled_from([by_labels, by_both])) if labels else by_rounds
    chance = random.Random(draw(st.integers(0, 2**32)))
    programs = make(chance, members, draw(st.integers(0, 30 if labels else 12)))
    opens = st.sampled_from([0.0, 0.01, 0.1, 1.0, 12.0])
    parts = {party: Part(draw(opens), programs[party]) for party in members}
    if climate.stops:
        parts = draw(stopped(parts))
    return Computation(session, labels, draw(st.sampled_from(timeouts)), parts)


@st.composite
def stopped(draw: DrawFn, parts: dict[str, Part]) -> dict[str, Part]:
    """Let some stop midway. Where one never opens, the others are cancelled in the end."""
    absent = draw(st.sampled_from([*[None] * 3 * len(parts), *parts]))
    made = {}
    for party, part in parts.items():
        stop = None
        if draw(st.integers(0, 2)) == 2:
            stop = Stop(draw(st.sampled_from(Manner)), steps=draw(st.integers(0, 20)))
        if absent is not None or draw(st.integers(0, 5)) == 5:
            stop = Stop(Manner.CANCEL, seconds=draw(st.sampled_from([0.0, 0.3, 20.0])))
        made[party] = attrs.evolve(part, opens=None if party == absent else part.opens, stop=stop)
    return made


@cache
def weathers(parties: tuple[str, ...]) -> st.SearchStrategy[dict[tuple[str, str], Weather]]:
    ways = [(one, other) for one in parties for other in parties if one != other]
    shares = st.sampled_from([0.0, 0.0, 0.03, 0.3])
    weather = st.builds(
        Weather,
        latest=st.sampled_from([0.001, 0.05, 0.2]),
        lost=shares,
        doubled=shares,
        overtaken=shares,
        until=st.just(6.0),
    )
    return st.dictionaries(st.sampled_from(ways), weather, max_size=4)


@st.composite
def faults(draw: DrawFn, parties: tuple[str, ...], climate: Climate) -> Fault:
    """Draw one thing that happens. In mild climates five of them are over in time."""
    when = draw(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 1.2, 3.0, 10.0, 12.1]))
    party, *others = draw(st.permutations(parties))
    lasting = [30.0, 100.0, FOR_EVER] if climate.grave else []
    outages = st.sampled_from([0.0, 0.01, 0.3, 1.0, *lasting])
    kinds = ["cut", "cut", "silence", "silence", "step"]
    kind = draw(st.sampled_from([*kinds, *["crash"] * 3 * climate.crashes]))
    if kind == "cut":
        return Cut(when, party, others[0], draw(outages))
    if kind == "silence":
        peers = draw(st.sampled_from([(others[0],), tuple(others)]))
        return Silence(when, party, peers, draw(outages), draw(st.booleans()))
    if kind == "step":
        return ClockStep(when, party, draw(st.sampled_from([0.1, 1.0, *lasting[:-1]])))
    downtimes = st.sampled_from([0.01, 0.3, 3.0, 20.0, FOR_EVER])
    return Crash(when, party, draw(downtimes), draw(st.booleans()))


@st.composite
def plans(
    draw: DrawFn,
    climate: Climate,
    *,
    faults: Callable[[tuple[str, ...], Climate], st.SearchStrategy[Fault]] = faults,
    weathers: Callable[[tuple[str, ...]], st.SearchStrategy[Any]] = weathers,
) -> Plan:
    """Draw a schedule for two or three parties with up to three sessions.

    What befalls them is drawn from ``faults`` and ``weathers``.
    """
    parties = draw(st.sampled_from([EVERYBODY[:2], EVERYBODY]))
    count = draw(st.integers(1, 3))
    made = [draw(computations(session, parties, climate)) for session in range(count)]
    befalls = draw(st.lists(faults(parties, climate), max_size=4))
    if climate.twins:
        when = draw(st.sampled_from([0.0, 0.1, 1.0]))
        befalls.append(Twin(when, parties[0], draw(st.sampled_from([3.0, 20.0]))))
    return Plan(
        draw(st.integers(0, 2**32)),
        parties,
        draw(limits(climate)),
        climate.patient,
        tuple(made),
        draw(weathers(parties)),
        tuple(befalls),
    )
