"""Shamir's secret sharing among n parties of which any t together learn nothing.

A secret s is hidden in a random polynomial f of degree t with f(0) = s, and party i (counted from
1) holds f(i). Shares of sums are sums of shares. The product of two shares lies on a polynomial of
degree 2t, which any 2t + 1 parties determine: each deals its product anew, and the same linear
combination that would have recovered the secret turns what they dealt into shares of degree t
(Ben-Or, Goldwasser and Wigderson, STOC 1988, in the form of Gennaro, Rabin and Rabin, PODC 1998).
So some parties may be missing, as long as enough are left.
"""

from collections.abc import Mapping, Sequence
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

    @classmethod
    def sparing_one(cls, field: Field, parties: int) -> "Shamir":
        """The largest threshold with which one party may be missing from all that is done."""
        return cls(field, parties, (parties - 2) // 2)

    @property
    def enough(self) -> int:
        """How many parties' shares open a secret; fewer say nothing about it."""
        return self.threshold + 1

    @property
    def enough_to_multiply(self) -> int:
        """How many parties' local products determine the product."""
        return 2 * self.threshold + 1

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

    def reduce(self, dealt: Mapping[int, Vector]) -> Vector:
        """One party's shares of products, from what the parties dealt of their local products.

        Args:
            dealt: by the dealer's point, the shares that it dealt to this party; of the same
                dealers at all parties, ``enough_to_multiply`` at least.
        """
        return self.field.combine(self.weights(list(dealt)), list(dealt.values()))

    def open(self, shares: Mapping[int, Vector]) -> Vector:
        """The secrets, from shares by their points, ``enough`` at least.

        The first t + 1 shares determine the polynomial. The others must lie on it: of m shares, a
        wrong one is noticed as long as no more than m - t - 1 are wrong; it is not corrected.

        Raises:
            InconsistentShares: they do not.
        """
        points = list(shares)
        first, others = points[: self.enough], points[self.enough :]
        vectors = [shares[point] for point in first]
        for point in others:
            if self.field.combine(self.weights(first, at=point), vectors) != shares[point]:
                raise InconsistentShares("the opened shares contradict each other")
        return self.field.combine(self.weights(first), vectors)
