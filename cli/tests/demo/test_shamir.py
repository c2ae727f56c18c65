"""Shamir's sharing: who has enough learns all, who has less learns nothing, products survive."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.field import Field
from partywire_cli.demo.shamir import InconsistentShares, Shamir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywire_cli.demo.field import Vector

FIELD = Field(2**61 - 1)
SIZES = st.sampled_from([(3, 1), (4, 1), (5, 2), (7, 3), (10, 3)])
SECRETS = st.lists(st.integers(0, FIELD.prime - 1), min_size=1, max_size=5)
RNGS = st.integers(0, 2**32).map(Random)


def by_point(shamir: Shamir, vectors: Sequence[Vector]) -> dict[int, Vector]:
    return dict(zip(shamir.points, vectors, strict=True))


class Scripted(Random):
    """Draws the numbers that it is told to."""

    def __init__(self, numbers: tuple[int, ...]) -> None:
        super().__init__(0)
        self._numbers = list(numbers)

    def randrange(self, *_: object) -> int:
        return self._numbers.pop()


@given(SIZES, SECRETS, RNGS)
def test_all_shares_open_the_secrets(
    size: tuple[int, int], secrets: list[int], rng: Random
) -> None:
    shamir = Shamir(FIELD, *size)
    assert shamir.open(by_point(shamir, shamir.deal(secrets, rng))) == secrets


@given(SIZES, SECRETS, RNGS)
def test_any_t_plus_1_shares_open_the_secrets(
    size: tuple[int, int], secrets: list[int], rng: Random
) -> None:
    shamir = Shamir(FIELD, *size)
    shares = by_point(shamir, shamir.deal(secrets, rng))
    for points in combinations(shamir.points, shamir.enough):
        assert shamir.open({point: shares[point] for point in points}) == secrets


@pytest.mark.parametrize(("parties", "threshold", "prime"), [(4, 1, 7), (5, 2, 7), (3, 1, 11)])
def test_t_shares_are_distributed_alike_for_every_secret(
    parties: int, threshold: int, prime: int
) -> None:
    """No statistics: all the randomness there is, in a field so small that it can be listed."""
    shamir = Shamir(Field(prime), parties, threshold)
    for holders in combinations(range(parties), threshold):
        seen = []
        for secret in range(prime):
            deals = (
                shamir.deal([secret], Scripted(numbers))
                for numbers in product(range(prime), repeat=threshold)
            )
            seen.append(Counter(tuple(deal[holder][0] for holder in holders) for deal in deals))
        assert all(distribution == seen[0] for distribution in seen)
        assert set(seen[0].values()) == {1}


@given(SIZES, SECRETS, SECRETS, RNGS)
def test_sums_of_shares_are_shares_of_sums(
    size: tuple[int, int], first: list[int], second: list[int], rng: Random
) -> None:
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    shamir = Shamir(FIELD, *size)
    deals = zip(shamir.deal(first, rng), shamir.deal(second, rng), strict=True)
    sums = [FIELD.combine([1, 1], pair) for pair in deals]
    assert shamir.open(by_point(shamir, sums)) == FIELD.combine([1, 1], [first, second])


@given(SIZES, SECRETS, RNGS, st.data())
def test_enough_dealers_bring_products_back_to_degree_t(
    size: tuple[int, int], secrets: list[int], rng: Random, data: st.DataObject
) -> None:
    """Whoever else is missing, as long as everybody takes the same dealers."""
    shamir = Shamir(FIELD, *size)
    deals = zip(shamir.deal(secrets, rng), shamir.deal(secrets, rng), strict=True)
    squares = [[a * b % FIELD.prime for a, b in zip(*pair, strict=True)] for pair in deals]
    dealt_anew = [by_point(shamir, shamir.deal(own, rng)) for own in squares]
    order = data.draw(st.permutations(shamir.points), label="order")
    count = data.draw(st.integers(shamir.enough_to_multiply, shamir.parties), label="dealers")
    dealers = order[:count]
    shares = {
        point: shamir.reduce({dealer: dealt_anew[dealer - 1][point] for dealer in dealers})
        for point in shamir.points
    }
    assert shamir.open(shares) == [secret**2 % FIELD.prime for secret in secrets]


@given(SIZES, SECRETS, RNGS, st.data())
def test_a_wrong_share_is_noticed(
    size: tuple[int, int], secrets: list[int], rng: Random, data: st.DataObject
) -> None:
    shamir = Shamir(FIELD, *size)
    shares = by_point(shamir, shamir.deal(secrets, rng))
    liar = data.draw(st.sampled_from(shamir.points), label="liar")
    entry = data.draw(st.integers(0, len(secrets) - 1), label="entry")
    error = data.draw(st.integers(1, FIELD.prime - 1), label="error")
    shares[liar][entry] = (shares[liar][entry] + error) % FIELD.prime
    with pytest.raises(InconsistentShares):
        shamir.open(shares)


@pytest.mark.parametrize(("parties", "threshold"), [(4, 0), (4, 2), (2, 1), (1, 0), (8, 3)])
def test_sizes_that_protect_nothing_are_refused(parties: int, threshold: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Shamir(Field(7), parties, threshold)


@pytest.mark.parametrize(("parties", "threshold"), [(4, 1), (5, 1), (6, 2), (7, 2), (25, 11)])
def test_one_may_be_missing_from_everything(parties: int, threshold: int) -> None:
    shamir = Shamir.sparing_one(FIELD, parties)
    assert shamir.threshold == threshold
    assert shamir.enough <= shamir.enough_to_multiply <= parties - 1
    assert 2 * (threshold + 1) + 1 > parties - 1


@pytest.mark.parametrize("parties", [1, 2, 3])
def test_too_few_parties_cannot_spare_one(parties: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Shamir.sparing_one(FIELD, parties)
