"""The regression on shares against the plain one: equal as fractions, at every party."""

from __future__ import annotations

from functools import partial
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from partywire_cli.demo.computing import at_once
from partywire_cli.demo.protocol import Result, Step, fit
from partywire_cli.demo.records import SCALE, Record
from partywire_cli.demo.regression import Ridge, TooManyRecords, count_correct

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from partywire import Session

    Meet = Callable[[Mapping[str, Callable[[Session], Awaitable[Any]]]], Awaitable[dict[str, Any]]]

FEATURES = 4
NAMES = ("one", "two", "three", "four", "five")


async def unwatched(_: Step) -> None:
    pass


async def run(
    session: Session, records: Mapping[str, Sequence[Record]], ridge: Ridge, seed: int
) -> Result:
    rng = Random(f"{seed} {session.party}")
    own = records[session.party]
    return await fit(session, own, ridge, rng=rng, compute=at_once, watch=unwatched)


def patients(rng: Random, count: int) -> list[Record]:
    return [
        Record((SCALE, *(rng.randint(0, SCALE) for _ in range(FEATURES - 1))), rng.choice([-1, 1]))
        for _ in range(count)
    ]


@pytest.mark.parametrize("counts", [(5, 5, 5, 5), (0, 3, 10, 1), (0, 0, 0, 0), (1, 2, 3, 4, 5)])
async def test_every_party_finds_exactly_the_plain_result(
    meet: Meet, seed: int, counts: tuple[int, ...]
) -> None:
    rng = Random(seed)
    records = {name: patients(rng, count) for name, count in zip(NAMES, counts, strict=False)}
    pooled = list(chain(*records.values()))
    ridge = Ridge(FEATURES, hospitals=len(records), most_records=10)
    program = partial(run, records=records, ridge=ridge, seed=seed)
    results = await meet(dict.fromkeys(records, program))
    plain = ridge.fit(pooled)
    for name, own in records.items():
        assert results[name] == Result(
            coefficients=plain,
            own_correct=count_correct(plain, own),
            own_records=len(own),
            all_correct=count_correct(plain, pooled),
            all_records=len(pooled),
            fitted=tuple(sorted(records)),
            scored=tuple(sorted(records)),
        )


async def test_the_steps_are_told_in_order_and_take_one_round_each(meet: Meet) -> None:
    ridge = Ridge(FEATURES, hospitals=4)
    told: dict[str, list[tuple[int, Step]]] = {name: [] for name in NAMES[:4]}

    async def listen(session: Session) -> None:
        first = session.round

        async def watch(step: Step) -> None:
            told[session.party].append((session.round - first, step))

        rng, records = Random(session.party), patients(Random(0), 2)
        await fit(session, records, ridge, rng=rng, compute=at_once, watch=watch)

    await meet(dict.fromkeys(told, listen))
    assert all(steps == list(enumerate(Step)) for steps in told.values())


async def test_more_records_than_agreed_are_refused_before_anything_is_sent(meet: Meet) -> None:
    ridge = Ridge(FEATURES, hospitals=4, most_records=1)

    async def refuse(session: Session) -> None:
        with pytest.raises(TooManyRecords):
            await run(session, {session.party: patients(Random(0), 2)}, ridge, seed=0)
        assert all(peer.messages_sent == 0 for peer in session.counters.values())

    await meet(dict.fromkeys(NAMES[:4], refuse))
