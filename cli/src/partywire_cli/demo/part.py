"""One hospital's part, wherever its node runs: a session, and the protocol in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal, Protocol

from anyio import to_thread

from partywire import Node, PartywireError, Session

from .computing import Compute
from .endings import DealersDiffer, MalformedShares, TooFewLeft
from .field import NoSuchFraction
from .matrices import SingularMatrix
from .protocol import Result, Step, fit
from .records import Record
from .regression import Ridge, TooManyRecords
from .shamir import InconsistentShares

OnPeerFailure = Literal["peer", "session"]

FAILURES = (
    PartywireError,
    TooFewLeft,
    DealersDiffer,
    MalformedShares,
    InconsistentShares,
    SingularMatrix,
    NoSuchFraction,
    TooManyRecords,
)
"""What can end a hospital's part. Anything else is a bug, and is not caught."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What all hospitals agreed on before they start.

    Attributes:
        on_peer_failure: whether one that fails ends the computation for the others; None where
            each node's config says it.
    """

    parties: tuple[str, ...]
    ridge: Ridge
    on_peer_failure: OnPeerFailure | None = None


class Follower(Protocol):
    """Is told of the progress of hospitals, each by its name."""

    def begin(self, name: str, session: Session, /) -> None:
        """A hospital has opened its session."""

    async def step(self, name: str, step: Step, /) -> None:
        """A hospital is about to begin a step, and has done all those before."""

    async def missed(self, name: str, step: Step, failures: Mapping[str, PartywireError]) -> None:
        """A hospital has done a step without some others."""

    def end(self, name: str, /) -> None:
        """A hospital has done all steps, and is about to leave its session."""


async def take_part(
    node: Node,
    agreed: Agreed,
    records: Sequence[Record],
    follower: Follower,
    rng: Random,
    compute: Compute = to_thread.run_sync,
) -> Result:
    """What one hospital does, with its node open and its own records.

    Raises:
        One of FAILURES: what ended its part early.
    """
    async with node.session(
        "hospitals-ridge",
        attempt=1,
        parties=sorted(agreed.parties),
        timing="asynchronous",
        on_peer_failure=agreed.on_peer_failure,
    ) as session:
        follower.begin(node.party, session)
        result = await fit(
            session,
            records,
            agreed.ridge,
            rng=rng,
            compute=compute,
            watch=partial(follower.step, node.party),
            missed=partial(follower.missed, node.party),
        )
        follower.end(node.party)
    return result
