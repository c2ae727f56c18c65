"""Ridge regression as a classifier, in integers and fractions: what is fitted, not how secretly.

The coefficients w minimise sum((x.w - y)^2) + penalty * |w|^2 over all records, that is, they solve
the normal equations (A + penalty * I) w = b with A the sum of x x^T and b the sum of x y. Both sums
are integers, so w is a vector of fractions, and a record is called benign where x.w > 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm

from .matrices import Matrix, solve_integers, split_last
from .records import SCALE, Record

Coefficients = tuple[Fraction, ...]


class TooManyRecords(ValueError):
    """A hospital has more records than were agreed on; the field might be too small for them."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """What all hospitals agree on before they start. It is public.

    Attributes:
        features: how many coefficients are fitted, the intercept among them.
        hospitals: how many pool their records.
        most_records: no hospital has more.
        penalty: what keeps the coefficients small, in units of 1 / SCALE^2.
    """

    features: int
    hospitals: int
    most_records: int = 1_000
    penalty: int = SCALE**2 // 100

    @property
    def bound(self) -> int:
        """No coefficient has a numerator or denominator above this.

        By Cramer's rule both are determinants (or divisors of them) of a matrix whose d x d
        entries are at most m; by Hadamard's inequality those are at most (m * sqrt(d))^d.
        """
        largest = self.hospitals * self.most_records * SCALE**2 + self.penalty
        return isqrt((largest**2 * self.features) ** self.features)

    def contribution(self, records: Sequence[Record]) -> Matrix:
        """One hospital's own ``sums``, for a computation that counts on ``bound``.

        Raises:
            TooManyRecords: there are more than ``most_records``.
        """
        if len(records) > self.most_records:
            raise TooManyRecords(f"{len(records)} records, agreed were {self.most_records}")
        return self.sums(records)

    def sums(self, records: Sequence[Record]) -> Matrix:
        """The matrix (A | b) of these records; the sums of all hospitals add up."""
        columns = [[record.features[index] for record in records] for index in range(self.features)]
        targets = [SCALE * record.label for record in records]
        return [[_dot(left, right) for right in (*columns, targets)] for left in columns]

    def penalised(self, sums: Matrix) -> Matrix:
        """(A + penalty * I | b), from (A | b) or from one party's shares of it."""
        return [
            [entry + self.penalty * (row == column) for column, entry in enumerate(entries)]
            for row, entries in enumerate(sums)
        ]

    def fit(self, records: Sequence[Record]) -> Coefficients:
        """The coefficients in the plain, by somebody who sees all the records."""
        return tuple(solve_integers(*split_last(self.penalised(self.sums(records)))))


def count_correct(coefficients: Coefficients, records: Sequence[Record]) -> int:
    """How many of the records are classified correctly. Exact: nothing is rounded."""
    common = lcm(*(coefficient.denominator for coefficient in coefficients))
    numerators = [int(coefficient * common) for coefficient in coefficients]
    return sum((_dot(numerators, record.features) > 0) == (record.label > 0) for record in records)


def _dot(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))
