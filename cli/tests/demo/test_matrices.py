"""Linear algebra over a prime field and over the integers, each against the definition."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from partywire_cli.demo.field import Field
from partywire_cli.demo.matrices import (
    Matrix,
    SingularMatrix,
    augment,
    flatten,
    fold,
    multiply,
    solve,
    solve_integers,
    split_last,
)

if TYPE_CHECKING:
    from partywire_cli.demo.field import Vector

FIELD = Field(2**61 - 1)


@st.composite
def systems(draw: st.DrawFn, largest: int = 50) -> tuple[Matrix, Vector]:
    size = draw(st.integers(1, 5))
    vector = st.lists(st.integers(-largest, largest), min_size=size, max_size=size)
    return draw(st.lists(vector, min_size=size, max_size=size)), draw(vector)


@given(systems())
def test_flat_and_augmented_matrices_come_back(system: tuple[Matrix, Vector]) -> None:
    matrix, vector = system
    assert fold(flatten(matrix), len(matrix)) == matrix
    assert split_last(augment(matrix, vector)) == system


def test_a_product_by_hand() -> None:
    assert multiply(Field(7), [[1, 2], [3, 4]], [[5, 6, 1], [0, 1, 2]]) == [[5, 1, 5], [1, 1, 4]]


@given(systems())
def test_a_solution_over_the_integers_solves(system: tuple[Matrix, Vector]) -> None:
    matrix, vector = system
    try:
        solution = solve_integers(matrix, vector)
    except SingularMatrix:
        reject()
    products = [sum(a * x for a, x in zip(row, solution, strict=True)) for row in matrix]
    assert products == vector


@given(systems())
def test_a_solution_over_the_field_stands_for_the_one_over_the_integers(
    system: tuple[Matrix, Vector],
) -> None:
    """50^5 * 5^(5/2) is far below the prime: singular here means singular there."""
    matrix, vector = system
    try:
        expected = solve_integers(matrix, vector)
    except SingularMatrix:
        with pytest.raises(SingularMatrix):
            solve(FIELD, matrix, vector)
        return
    elements = solve(FIELD, matrix, vector)
    assert elements == [in_field(fraction) for fraction in expected]


def test_a_pivot_is_looked_for() -> None:
    matrix, vector = [[0, 1], [2, 0]], [3, 5]
    assert solve_integers(matrix, vector) == [Fraction(5, 2), 3]
    assert solve(Field(7), matrix, vector) == [6, 3]


def test_solving_changes_nothing_that_was_given() -> None:
    matrix, vector = [[2, 1], [1, 1]], [1, 1]
    solve_integers(matrix, vector)
    solve(FIELD, matrix, vector)
    assert (matrix, vector) == ([[2, 1], [1, 1]], [1, 1])


@pytest.mark.parametrize("matrix", [[[1, 0], [0, 1]], [[1, 2], [2, 0]], [[0, 1], [1, 1]]])
def test_a_masked_matrix_takes_every_value_once_whatever_it_hides(matrix: Matrix) -> None:
    """Why the masked matrix may be opened: R -> R * A is one to one where A is invertible."""
    field = Field(3)
    masks = (fold(list(entries), 2) for entries in product(range(3), repeat=4))
    seen = Counter(tuple(flatten(multiply(field, mask, matrix))) for mask in masks)
    assert len(seen) == 3**4
    assert set(seen.values()) == {1}


def in_field(fraction: Fraction) -> int:
    return fraction.numerator * FIELD.inverse(fraction.denominator) % FIELD.prime
