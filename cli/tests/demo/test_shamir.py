"""Shamir's sharing: who has enough learns all, who has less learns nothing, products survive."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.field import Field
from partywire_cli.demo.shamir import InconsistentShares, Shamir

FIELD = Field(2**61 - 1)
SIZES = st.sampled_from([(3, 1), (4, 1), (5, 2), (7, 3), (10, 3)])
SECRETS = st.lists(st.integers(0, FIELD.prime - 1), min_size=1, max_size=5)
RNGS = st.integers(0, 2**32).map(Random)


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
    assert shamir.open(shamir.deal(secrets, rng)) == secrets


@given(SIZES, SECRETS, RNGS)
def test_any_t_plus_1_shares_determine_the_secrets(
    size: tuple[int, int], secrets: list[int], rng: Random
) -> None:
    shamir = Shamir(FIELD, *size)
    shares = dict(zip(shamir.points, shamir.deal(secrets, rng), strict=True))
    for points in combinations(shamir.points, shamir.threshold + 1):
        weights = shamir.weights(points)
        assert FIELD.combine(weights, [shares[point] for point in points]) == secrets


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
    assert shamir.open(sums) == FIELD.combine([1, 1], [first, second])


@given(SIZES, SECRETS, RNGS)
def test_products_of_shares_are_brought_back_to_degree_t(
    size: tuple[int, int], secrets: list[int], rng: Random
) -> None:
    shamir = Shamir(FIELD, *size)
    deals = zip(shamir.deal(secrets, rng), shamir.deal(secrets, rng), strict=True)
    squares = [[a * b % FIELD.prime for a, b in zip(*pair, strict=True)] for pair in deals]
    dealt_anew = [shamir.deal(own, rng) for own in squares]
    received = zip(*dealt_anew, strict=True)
    shares = [shamir.reduce(list(dealt)) for dealt in received]
    assert shamir.open(shares) == [secret**2 % FIELD.prime for secret in secrets]


@given(SIZES, SECRETS, RNGS, st.data())
def test_a_wrong_share_is_noticed(
    size: tuple[int, int], secrets: list[int], rng: Random, data: st.DataObject
) -> None:
    shamir = Shamir(FIELD, *size)
    shares = shamir.deal(secrets, rng)
    liar = data.draw(st.integers(0, shamir.parties - 1), label="liar")
    entry = data.draw(st.integers(0, len(secrets) - 1), label="entry")
    error = data.draw(st.integers(1, FIELD.prime - 1), label="error")
    shares[liar][entry] = (shares[liar][entry] + error) % FIELD.prime
    with pytest.raises(InconsistentShares):
        shamir.open(shares)


@pytest.mark.parametrize(("parties", "threshold"), [(4, 0), (4, 2), (2, 1), (1, 0), (8, 3)])
def test_sizes_that_protect_nothing_are_refused(parties: int, threshold: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Shamir(Field(7), parties, threshold)
