"""Ridge regression on secret shares: the normal equations are solved without being seen.

With shares of the pooled C = (A + penalty * I | b), the hospitals draw a matrix R that nobody knows
(the sum of one random matrix from each), multiply R * C on shares, and open the left part
M = R * (A + penalty * I). Since A + penalty * I is invertible and R uniform, M is uniform too and
says nothing about the records. In public M is as good as the original: w = M^-1 (R * b), a linear
combination of shares, which each hospital computes from its own. Only w is opened. It is a field
element for each coefficient, and the field is so large that the fraction can be read back from it.
(Inverting under a random mask: Bar-Ilan and Beaver, PODC 1989. Ridge regression that way, with
fractions read back: Giacomelli, Jha, Joye, Page and Yoon, ACNS 2018.)

Hospitals may crash meanwhile. One that crashes before it has shared its sums takes its records with
it; after that it is missed only where its right answers are counted.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from partywire import PartywireError, Session

from .computing import Compute
from .field import Field
from .matrices import Matrix, flatten, fold, multiply, solve, split_last
from .records import Record
from .regression import Coefficients, Ridge, count_correct
from .shamir import Shamir
from .sharing import SharedComputation


class Step(StrEnum):
    """What the hospitals do, one round each."""

    SHARE = "share sums and masks"
    AGREE_ON_SUMS = "agree who shared"
    MULTIPLY = "multiply on shares"
    AGREE_ON_PRODUCTS = "agree who multiplied"
    UNMASK = "open masked matrix"
    SOLVE = "open coefficients"
    SCORE = "share right answers"
    AGREE_ON_ANSWERS = "agree who answered"
    TELL = "open their sum"


STEPS = list(Step)

Watch = Callable[[Step], Awaitable[None]]
"""Told of each step before it begins."""

MissedIn = Callable[[Step, Mapping[str, PartywireError]], Awaitable[None]]
"""Told who did not take part in a step, and why: of each again in every step that follows."""


async def unnoticed(_: Step, __: Mapping[str, PartywireError]) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a hospital knows in the end; all but the own numbers is the same at every hospital.

    Attributes:
        fitted: the hospitals on whose records the classifier was fitted.
        scored: the hospitals whose right answers and records were counted.
    """

    coefficients: Coefficients
    own_correct: int
    own_records: int
    all_correct: int
    all_records: int
    fitted: tuple[str, ...]
    scored: tuple[str, ...]


def field_for(ridge: Ridge) -> Field:
    """The field in which every coefficient can be read back."""
    return Field.larger_than(2 * ridge.bound**2)


def shamir_for(ridge: Ridge) -> Shamir:
    """How the hospitals share: one of them may be missing."""
    return Shamir.sparing_one(field_for(ridge), ridge.hospitals)


async def fit(
    session: Session,
    records: Sequence[Record],
    ridge: Ridge,
    *,
    rng: Random,
    compute: Compute,
    watch: Watch,
    missed: MissedIn = unnoticed,
) -> Result:
    """Fit the classifier on the records of all parties of the session, a round for each `Step`.

    As many parties as the threshold of `shamir_for` says learn nothing but the result from all that
    they see together.

    Args:
        session: of all the hospitals, asynchronous, in its first round.
        records: one's own.
        ridge: the same at all hospitals.
        rng: the randomness that keeps the records secret: ``secrets.SystemRandom()``.
        compute: runs what takes long: ``anyio.to_thread.run_sync``.
        watch: told of the progress.
        missed: told of those without whom it goes on.

    Raises:
        TooManyRecords: one's own are more than was agreed on.
        TooFewLeft, DealersDiffer: too many parties crashed, or two of them close together.
        MalformedShares, InconsistentShares: a party does not follow the protocol.
        SingularMatrix: the mask happened to be singular (never seen: its probability is about
            features / prime). Start again, with a new session id.
        partywire.PartywireError: the session failed.
    """

    async def before_round() -> None:
        await watch(STEPS[session.round])

    async def without(failures: Mapping[str, PartywireError]) -> None:
        await missed(STEPS[session.round], failures)

    shamir = shamir_for(ridge)
    computation = SharedComputation(
        session, shamir, rng, compute=compute, watch=before_round, missed=without
    )
    equations, mask = await _share(computation, shamir.field, records, ridge, rng)
    fitted = computation.dealers
    coefficients = await _solve(computation, shamir.field, equations, mask, ridge, compute)
    own_correct, own_records = count_correct(coefficients, records), len(records)
    shares = await computation.share([own_correct, own_records])
    scored = computation.dealers
    correct, counted = await computation.open(shares)
    return Result(coefficients, own_correct, own_records, correct, counted, fitted, scored)


async def _share(
    computation: SharedComputation,
    field: Field,
    records: Sequence[Record],
    ridge: Ridge,
    rng: Random,
) -> tuple[Matrix, Matrix]:
    """Shares of the pooled equations, and of a random matrix that nobody knows."""
    size = ridge.features
    sums = flatten(ridge.contribution(records))
    shares = await computation.share(sums + field.random(size**2, rng))
    equations = ridge.penalised(fold(shares[: len(sums)], size + 1))
    return equations, fold(shares[len(sums) :], size)


async def _solve(
    computation: SharedComputation,
    field: Field,
    equations: Matrix,
    mask: Matrix,
    ridge: Ridge,
    compute: Compute,
) -> Coefficients:
    """Solve the equations under the mask, and open the solution."""
    size = ridge.features
    local = await compute(multiply, field, mask, equations)
    products = await computation.reduce(flatten(local))
    matrix_shares, vector_shares = split_last(fold(products, size + 1))
    matrix = fold(await computation.open(flatten(matrix_shares)), size)
    solved = await compute(solve, field, matrix, vector_shares)
    elements = await computation.open(solved)
    return tuple(field.to_fraction(element, ridge.bound) for element in elements)
