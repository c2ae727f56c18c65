"""Ridge regression on secret shares: the normal equations are solved without being seen.

With shares of the pooled C = (A + penalty * I | b), the hospitals draw a matrix R that nobody knows
(the sum of one random matrix from each), multiply R * C on shares, and open the left part
M = R * (A + penalty * I). Since A + penalty * I is invertible and R uniform, M is uniform too and
says nothing about the records. In public M is as good as the original: w = M^-1 (R * b), a linear
combination of shares, which each hospital computes from its own. Only w is opened. It is a field
element for each coefficient, and the field is so large that the fraction can be read back from it.
(Inverting under a random mask: Bar-Ilan and Beaver, PODC 1989. Ridge regression that way, with
fractions read back: Giacomelli, Jha, Joye, Page and Yoon, ACNS 2018.)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from anyio import to_thread

from partywire import Session

from .field import Field
from .matrices import flatten, fold, multiply, solve, split_last
from .records import Record
from .regression import Coefficients, Ridge, count_correct
from .shamir import Shamir
from .sharing import SharedComputation


class Step(StrEnum):
    """What the hospitals do, one round each."""

    SHARE = "share sums and masks"
    MULTIPLY = "multiply on shares"
    UNMASK = "open masked matrix"
    SOLVE = "open coefficients"
    SCORE = "share right answers"
    TELL = "open their sum"


Watch = Callable[[Step], Awaitable[None]]
"""Told of each step before it begins."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a hospital knows in the end; all but the own numbers is the same at every hospital."""

    coefficients: Coefficients
    own_correct: int
    own_records: int
    all_correct: int
    all_records: int


def field_for(ridge: Ridge) -> Field:
    """The field in which every coefficient can be read back."""
    return Field.larger_than(2 * ridge.bound**2)


async def fit(
    session: Session,
    records: Sequence[Record],
    ridge: Ridge,
    *,
    rng: Random,
    watch: Watch,
) -> Result:
    """Fit the classifier on the records of all parties of the session; takes six rounds.

    Fewer than half of the parties learn nothing but the result from all that they see.

    Args:
        session: of all the hospitals, in its first round.
        records: one's own.
        ridge: the same at all hospitals.
        rng: the randomness that keeps the records secret: ``secrets.SystemRandom()``.
        watch: told of the progress.

    Raises:
        TooManyRecords: one's own are more than was agreed on.
        MalformedShares, InconsistentShares: a party does not follow the protocol.
        SingularMatrix: the mask happened to be singular (never seen: its probability is about
            features / prime). Start again, with a new session id.
        partywire.PartywireError: the session failed.
    """
    field = field_for(ridge)
    shamir = Shamir(field, len(session.parties), (len(session.parties) - 1) // 2)
    computation = SharedComputation(session, shamir, rng)
    coefficients = await _solve(computation, field, records, ridge, rng, watch)
    own = [count_correct(coefficients, records), len(records)]
    await watch(Step.SCORE)
    shares = await computation.share(own)
    await watch(Step.TELL)
    everybodys = await computation.open(shares)
    return Result(coefficients, *own, *everybodys)


async def _solve(
    computation: SharedComputation,
    field: Field,
    records: Sequence[Record],
    ridge: Ridge,
    rng: Random,
    watch: Watch,
) -> Coefficients:
    size = ridge.features
    await watch(Step.SHARE)
    sums = flatten(ridge.contribution(records))
    shares = await computation.share(sums + field.random(size**2, rng))
    equations = ridge.penalised(fold(shares[: len(sums)], size + 1))
    mask = fold(shares[len(sums) :], size)

    await watch(Step.MULTIPLY)
    local = await to_thread.run_sync(multiply, field, mask, equations)
    products = await computation.reduce(flatten(local))
    matrix_shares, vector_shares = split_last(fold(products, size + 1))

    await watch(Step.UNMASK)
    matrix = fold(await computation.open(flatten(matrix_shares)), size)

    await watch(Step.SOLVE)
    solved = await to_thread.run_sync(solve, field, matrix, vector_shares)
    elements = await computation.open(solved)
    return tuple(field.to_fraction(element, ridge.bound) for element in elements)
