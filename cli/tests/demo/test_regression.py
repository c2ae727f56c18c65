"""The classifier: its sums, its bound, and its plain solution."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.field import Field
from partywire_cli.demo.protocol import field_for
from partywire_cli.demo.records import SCALE, Record, deal, feature_names, load
from partywire_cli.demo.regression import Ridge, TooManyRecords, count_correct

if TYPE_CHECKING:
    from partywire_cli.demo.matrices import Matrix

FEATURES = 3
RIDGE = Ridge(FEATURES, hospitals=4, most_records=5)
RECORDS = st.builds(
    Record,
    st.tuples(st.just(SCALE), st.integers(0, SCALE), st.integers(0, SCALE)),
    st.sampled_from([-1, 1]),
)


def test_the_sums_of_one_record_by_hand() -> None:
    assert Ridge(2, 4).sums([Record((1000, 3), -1)]) == [
        [1_000_000, 3_000, -1_000_000],
        [3_000, 9, -3_000],
    ]


def test_the_sums_of_no_records_are_zero() -> None:
    assert Ridge(2, 4).sums([]) == [[0, 0, 0], [0, 0, 0]]


@given(st.lists(RECORDS, max_size=10), st.lists(RECORDS, max_size=10))
def test_the_sums_of_hospitals_add_up(first: list[Record], second: list[Record]) -> None:
    assert RIDGE.sums(first + second) == add(RIDGE.sums(first), RIDGE.sums(second))


def test_the_penalty_is_on_the_diagonal() -> None:
    assert Ridge(2, 4, penalty=10).penalised([[1, 2, 3], [4, 5, 6]]) == [[11, 2, 3], [4, 15, 6]]


@given(st.lists(RECORDS, max_size=20))
def test_no_coefficient_exceeds_the_bound(records: list[Record]) -> None:
    for coefficient in RIDGE.fit(records):
        assert abs(coefficient.numerator) <= RIDGE.bound
        assert coefficient.denominator <= RIDGE.bound


@given(st.lists(RECORDS, max_size=20))
def test_the_coefficients_are_where_the_loss_is_flat(records: list[Record]) -> None:
    """The gradient sum((x.w - y) x) + penalty * w is zero, exactly."""
    coefficients = RIDGE.fit(records)
    for index, coefficient in enumerate(coefficients):
        slope = RIDGE.penalty * coefficient
        for record in records:
            pairs = zip(record.features, coefficients, strict=True)
            distance = sum((x * w for x, w in pairs), Fraction(-SCALE * record.label))
            slope += distance * record.features[index]
        assert slope == 0


def test_more_records_than_agreed_are_refused() -> None:
    record = Record((SCALE, 1, 2), 1)
    RIDGE.contribution([record] * 5)
    with pytest.raises(TooManyRecords, match="6 records, agreed were 5"):
        RIDGE.contribution([record] * 6)


def test_the_field_of_the_demo_holds_its_fractions() -> None:
    ridge = Ridge(len(feature_names()), hospitals=4)
    assert field_for(ridge) == Field(2**2203 - 1)
    assert 2 * ridge.bound**2 < field_for(ridge).prime


def test_right_answers_are_counted() -> None:
    coefficients = (Fraction(-1, 2), Fraction(1))
    answers = [(SCALE, 600, 1), (SCALE, 400, -1), (SCALE, 400, 1), (SCALE, 500, -1)]
    records = [Record((one, feature), label) for one, feature, label in answers]
    assert count_correct(coefficients, records) == 3


def test_all_records_together_classify_better_than_those_of_one_hospital() -> None:
    records = load()
    ridge = Ridge(len(feature_names()), hospitals=4)
    pooled = count_correct(ridge.fit(records), records)
    assert pooled == 551
    for own in deal(records, ["north", "south", "east", "west"]).values():
        assert count_correct(ridge.fit(own), records) < pooled


def add(left: Matrix, right: Matrix) -> Matrix:
    rows = zip(left, right, strict=True)
    return [[a + b for a, b in zip(*pair, strict=True)] for pair in rows]
