"""A prime field, how its elements travel as bytes, and how a fraction is read back from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

Vector = list[int]

MERSENNE_EXPONENTS = (61, 89, 107, 127, 521, 607, 1279, 2203, 2281, 3217, 4253, 4423)
"""Exponents e for which 2^e - 1 is prime: primes of many sizes that anybody can check."""


class MalformedElements(ValueError):
    """Bytes that are not the expected number of field elements. The sender is at fault."""


class NoSuchFraction(ArithmeticError):
    """A field element that is no fraction within the bound: the bound was too small."""


@dataclass(frozen=True, slots=True)
class Field:
    """The integers modulo a prime. Elements are ints from 0 to ``prime`` - 1."""

    prime: int

    @classmethod
    def larger_than(cls, bound: int) -> "Field":
        """The smallest field of Mersenne order above ``bound``.

        Raises:
            ValueError: no prime of the table is large enough.
        """
        for exponent in MERSENNE_EXPONENTS:
            if 2**exponent - 1 > bound:
                return cls(2**exponent - 1)
        raise ValueError(f"no prime in the table has more than {bound.bit_length()} bits")

    @property
    def width(self) -> int:
        """The bytes that one element takes on the wire."""
        return (self.prime.bit_length() + 7) // 8

    def random(self, count: int, rng: Random) -> Vector:
        """Uniformly random elements, ``count`` of them."""
        return [rng.randrange(self.prime) for _ in range(count)]

    def inverse(self, element: int) -> int:
        """The multiplicative inverse; ValueError for zero."""
        return pow(element, -1, self.prime)

    def dot(self, left: Iterable[int], right: Iterable[int]) -> int:
        """The inner product, reduced once at its end."""
        return sum(a * b for a, b in zip(left, right, strict=True)) % self.prime

    def combine(self, weights: Sequence[int], vectors: Sequence[Vector]) -> Vector:
        """The linear combination of vectors of one length, entry by entry."""
        return [self.dot(weights, entries) for entries in zip(*vectors, strict=True)]

    def encode(self, elements: Iterable[int]) -> bytes:
        """The elements one after the other, each big-endian in ``width`` bytes."""
        return b"".join(element.to_bytes(self.width, "big") for element in elements)

    def decode(self, data: bytes, count: int) -> Vector:
        """What ``encode`` made of ``count`` elements.

        Raises:
            MalformedElements: the length is not that of ``count`` elements, or a number is not
                below the prime, so that no two byte strings mean the same elements.
        """
        width = self.width
        if len(data) != count * width:
            raise MalformedElements(f"{len(data)} bytes are not {count} elements of {width}")
        starts = range(0, len(data), width)
        elements = [int.from_bytes(data[at : at + width], "big") for at in starts]
        if any(element >= self.prime for element in elements):
            raise MalformedElements("a number is not below the prime")
        return elements

    def to_fraction(self, element: int, bound: int) -> Fraction:
        """The one fraction numerator/denominator that ``element`` stands for.

        The extended Euclidean algorithm on (prime, element) meets it: each of its remainders is
        a multiple of the element, and the first remainder within the bound is the numerator.
        It is unique because two such fractions a/b = c/d would make ad - bc a multiple of the
        prime of at most 2 * bound^2.

        Args:
            element: numerator times the inverse of denominator.
            bound: neither numerator nor denominator is larger; 2 * bound^2 is below the prime.

        Raises:
            ValueError: the field is too small for the bound.
            NoSuchFraction: the element stands for no fraction within the bound.
        """
        if 2 * bound**2 >= self.prime:
            raise ValueError("2 * bound^2 must be below the prime")
        before, remainder = self.prime, element
        multiple_before, multiple = 0, 1
        while remainder > bound:
            quotient = before // remainder
            before, remainder = remainder, before - quotient * remainder
            multiple_before, multiple = multiple, multiple_before - quotient * multiple
        fraction = Fraction(remainder, multiple)
        if abs(multiple) > bound or fraction.denominator != abs(multiple):
            raise NoSuchFraction("the element is no fraction within the bound")
        return fraction
