"""The little linear algebra that the demo needs: over a prime field, and exactly over integers."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain

from .field import Field, Vector

Matrix = list[Vector]


class SingularMatrix(ArithmeticError):
    """The matrix has no inverse."""


def flatten(matrix: Sequence[Vector]) -> Vector:
    """The entries row by row."""
    return list(chain.from_iterable(matrix))


def fold(entries: Vector, columns: int) -> Matrix:
    """What ``flatten`` made of a matrix of so many columns."""
    return [entries[at : at + columns] for at in range(0, len(entries), columns)]


def split_last(matrix: Matrix) -> tuple[Matrix, Vector]:
    """An augmented matrix as the matrix and its last column."""
    return [row[:-1] for row in matrix], [row[-1] for row in matrix]


def augment(matrix: Matrix, column: Vector) -> Matrix:
    """A matrix with one more column."""
    return [[*row, entry] for row, entry in zip(matrix, column, strict=True)]


def multiply(field: Field, left: Matrix, right: Matrix) -> Matrix:
    """The product over the field."""
    columns = list(zip(*right, strict=True))
    return [[field.dot(row, column) for column in columns] for row in left]


def solve(field: Field, matrix: Matrix, vector: Vector) -> Vector:
    """The x with matrix * x = vector over the field, by Gauss-Jordan elimination.

    Raises:
        SingularMatrix: there is no such x, or more than one.
    """
    rows = augment(matrix, vector)
    for step in range(len(rows)):
        _bring_pivot(rows, step)
        scale = field.inverse(rows[step][step])
        rows[step] = pivot = [entry * scale % field.prime for entry in rows[step]]
        for index, row in enumerate(rows):
            if index != step:
                head, pairs = row[step], zip(row[step:], pivot[step:], strict=True)
                rows[index][step:] = [(a - head * b) % field.prime for a, b in pairs]
    return split_last(rows)[1]


def solve_integers(matrix: Matrix, vector: Vector) -> list[Fraction]:
    """The rational x with matrix * x = vector over the integers, exactly.

    Bareiss' elimination: every division below has no remainder, so that the numbers stay
    integers and no larger than the determinants that they are.

    Raises:
        SingularMatrix: there is no such x, or more than one.
    """
    rows = augment(matrix, vector)
    last = 1
    for step in range(len(rows)):
        _bring_pivot(rows, step)
        pivot = rows[step]
        for index in range(step + 1, len(rows)):
            row, head = rows[index], rows[index][step]
            pairs = zip(row, pivot, strict=True)
            rows[index] = [(pivot[step] * a - head * b) // last for a, b in pairs]
        last = pivot[step]
    return _substitute_back(rows)


def _bring_pivot(rows: Matrix, step: int) -> None:
    """Swap a row with an entry other than 0 in column ``step`` to row ``step``."""
    for index in range(step, len(rows)):
        if rows[index][step]:
            rows[step], rows[index] = rows[index], rows[step]
            return
    raise SingularMatrix("the matrix has no inverse")


def _substitute_back(rows: Matrix) -> list[Fraction]:
    """The solution of an upper triangular augmented matrix."""
    solution: list[Fraction] = []
    for step in reversed(range(len(rows))):
        *head, target = rows[step][step:]
        known = sum(a * x for a, x in zip(head[1:], solution, strict=True))
        solution.insert(0, Fraction(target - known) / head[0])
    return solution
