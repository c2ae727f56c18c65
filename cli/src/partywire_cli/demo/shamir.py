"""Shamir's secret sharing among n parties of which any t together learn nothing.

A secret s is hidden in a random polynomial f of degree t with f(0) = s, and party i (counted from
1) holds f(i). Shares of sums are sums of shares. The product of two shares lies on a polynomial of
degree 2t, which n > 2t parties still determine: each deals its product anew, and the same linear
combination that would have recovered the secret turns what they dealt into shares of degree t
(Ben-Or, Goldwasser and Wigderson, STOC 1988, in the form of Gennaro, Rabin and Rabin, PODC 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from random import Random

from .field import Field, Vector


class InconsistentShares(ValueError):
    """Shares that lie on no polynomial of degree t: a party sent a wrong share."""


@dataclass(frozen=True, slots=True)
class Shamir:
    """How secrets are shared; the same at all parties.

    Raises:
        ValueError: unless 0 < threshold < parties / 2, and parties < prime.
    """

    field: Field
    parties: int
    threshold: int

    def __post_init__(self) -> None:
        if not 0 < 2 * self.threshold < self.parties < self.field.prime:
            raise ValueError("the threshold must be above 0 and below half of the parties")

    @property
    def points(self) -> range:
        """Where the polynomial is evaluated, one point for each party."""
        return range(1, self.parties + 1)

    def deal(self, secrets: Sequence[int], rng: Random) -> list[Vector]:
        """Share every secret with fresh randomness: one vector of shares for each party."""
        higher = [self.field.random(len(secrets), rng) for _ in range(self.threshold)]
        return [self._evaluate([*higher, list(secrets)], point) for point in self.points]

    def _evaluate(self, coefficients: Sequence[Vector], point: int) -> Vector:
        """All polynomials at one point; highest coefficients first, by Horner's rule."""
        powers = [pow(point, degree) for degree in reversed(range(len(coefficients)))]
        return self.field.combine(powers, coefficients)

    def weights(self, points: Sequence[int], at: int = 0) -> Vector:
        """Lagrange: the combination of f(points) that is f(at), for degrees below len(points)."""
        return [
            prod(at - other for other in points if other != point)
            * self.field.inverse(prod(point - other for other in points if other != point))
            % self.field.prime
            for point in points
        ]

    def reduce(self, dealt: Sequence[Vector]) -> Vector:
        """One party's shares of products, from what every party dealt of its local products.

        Args:
            dealt: by party in order, the shares that it dealt to this one.
        """
        return self.field.combine(self.weights(self.points), dealt)

    def open(self, shares: Sequence[Vector]) -> Vector:
        """The secrets, from the shares of all parties in order.

        The first t + 1 shares determine the polynomial. The others must lie on it: a wrong share
        is noticed as long as no more than n - t - 1 are wrong; it is not corrected.

        Raises:
            InconsistentShares: they do not.
        """
        enough = self.threshold + 1
        points, vectors = self.points[:enough], shares[:enough]
        for point, vector in zip(self.points[enough:], shares[enough:], strict=True):
            if self.field.combine(self.weights(points, at=point), vectors) != vector:
                raise InconsistentShares("the opened shares contradict each other")
        return self.field.combine(self.weights(points), vectors)
