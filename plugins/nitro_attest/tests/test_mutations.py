"""100 000 mutations of documents a run: nothing passes that was not signed as it stands."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from partywire_nitro_attest import AWS_ROOTS, Refused, Roots, Step, Trust, judge_document
from partywire_nitro_attest.development import DevelopmentModule, definite, in_debug_mode
from partywire_nitro_attest.envelope import read_envelope

from .mutating import Original, mutated, original, shortened
from .test_vectors import vectors

if TYPE_CHECKING:
    from partywire_nitro_attest.development import Certified

MUTATIONS: Final = 100_000
PARTS: Final = 20
MEMORY: Final = 500_000
"""Bytes that judging one document may take at a time."""


@pytest.fixture(scope="session")
def documents(root: Certified, module: DevelopmentModule) -> list[Original]:
    """Genuine documents where they are at hand; synthetic ones, most of them with a short chain."""
    now = module.making().now
    making = module.making(public_key=b"key" * 40, user_data=b"data", nonce=bytes(range(40)))
    debug = DevelopmentModule(root, pcrs=in_debug_mode(), clock=lambda: now).making()
    short = shortened(making)
    made = [making, short, short, attrs.evolve(short, encode=definite), shortened(debug)]
    genuine = [original(each.raw, each.at) for each in vectors() if not each.refusal]
    return [*(original(each.document(), now) for each in made), *genuine[::3]]


@pytest.fixture(scope="session")
def trusting(trust: Trust) -> Trust:
    """Takes genuine and synthetic documents alike."""
    both = Roots(AWS_ROOTS.fingerprints | trust.roots.fingerprints)
    return attrs.evolve(trust, roots=both, allow_debug=True)


def chance_of(seed: int, part: object) -> random.Random:
    return random.Random(f"{seed} {part}")


def test_what_is_mutated_is_sound(documents: list[Original], trusting: Trust) -> None:
    for each in documents:
        judge_document(each.raw, now=each.now, trust=trusting)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutation_is_refused_unless_the_payload_is_the_signed_one(
    part: int, documents: list[Original], trusting: Trust, seed: int
) -> None:
    chance = chance_of(seed, part)
    for count in range(MUTATIONS // PARTS):
        one, other = chance.choice(documents), chance.choice(documents)
        raw = mutated(one, other, chance)
        try:
            judge_document(raw, now=one.now, trust=trusting)
        except Refused:
            continue
        signed = {each.payload for each in (one, other)}
        assert read_envelope(raw).payload in signed, f"mutation {count} of part {part}, seed {seed}"


def test_mutations_reach_every_step(documents: list[Original], trusting: Trust, seed: int) -> None:
    """As they are at random, most of them end early; enough do not. `Step.SIZE` is seldom hit."""
    chance = chance_of(seed, "steps")
    reached: set[Step | None] = set()
    for _ in range(20_000):
        one, other = chance.choice(documents), chance.choice(documents)
        try:
            judge_document(mutated(one, other, chance), now=one.now, trust=trusting)
        except Refused as error:
            reached.add(error.refusal.step)
        else:
            reached.add(None)
        if reached >= REACHED:
            return
    pytest.fail(f"seed {seed} reached {reached} alone")


REACHED: Final = {Step.FORM, Step.FIELDS, Step.TIME, Step.CHAIN, Step.SIGNATURE, None}


def test_memory_is_bounded(documents: list[Original], trusting: Trust, seed: int) -> None:
    chance = chance_of(seed, "memory")
    pairs = [chance.choices(documents, k=2) for _ in range(1_000)]
    raws = [mutated(one, other, chance) for one, other in pairs]
    now = documents[0].now
    tracemalloc.start()
    try:
        for raw in raws:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with suppress(Refused):
                judge_document(raw, now=now, trust=trusting)
            assert tracemalloc.get_traced_memory()[1] - before < MEMORY
    finally:
        tracemalloc.stop()
