"""Shamir sharing over a partywire session: each operation of a party takes one round.

What takes long is computed in worker threads, so that the event loop goes on carrying messages.
"""

from collections.abc import Sequence
from random import Random

from anyio import to_thread

from partywire import Session

from .field import MalformedElements, Vector
from .shamir import Shamir


class MalformedShares(ValueError):
    """A party sent bytes that are no shares.

    Attributes:
        party: who.
    """

    def __init__(self, party: str, reason: str) -> None:
        super().__init__(f"{party} sent malformed shares: {reason}")
        self.party = party


class SharedComputation:
    """One party's side of a computation on shares. All parties call the same methods in order.

    Every method raises what the session raises, and MalformedShares.

    Args:
        session: where the parties meet; its rounds belong to this computation from now on.
        shamir: for as many parties as the session has.
        rng: where the randomness of the shares comes from.
        round_timeout: seconds that a round may take.
    """

    def __init__(
        self, session: Session, shamir: Shamir, rng: Random, *, round_timeout: float = 30
    ) -> None:
        self._session = session
        self._shamir = shamir
        self._rng = rng
        self._round_timeout = round_timeout
        self._order = sorted(session.parties)

    async def share(self, mine: Sequence[int]) -> Vector:
        """Deal one's own numbers; returns shares of the sum of all parties' numbers."""
        dealt = await self._deal(mine)
        return self._shamir.field.combine([1] * len(dealt), dealt)

    async def reduce(self, products: Sequence[int]) -> Vector:
        """From local products of shares (degree 2t) to shares of the same products (degree t)."""
        dealt = await self._deal(products)
        return await to_thread.run_sync(self._shamir.reduce, dealt)

    async def open(self, shares: Vector) -> Vector:
        """Tell everybody one's own shares; returns the secrets.

        Raises:
            InconsistentShares: some party sent a wrong share.
        """
        everybodys = await self._round([shares] * len(self._order))
        return await to_thread.run_sync(self._shamir.open, everybodys)

    async def _deal(self, secrets: Sequence[int]) -> list[Vector]:
        return await self._round(await to_thread.run_sync(self._shamir.deal, secrets, self._rng))

    async def _round(self, outgoing: Sequence[Vector]) -> list[Vector]:
        """One vector to each party, one of the same length from each; both in the same order."""
        field, vectors = self._shamir.field, dict(zip(self._order, outgoing, strict=True))
        mine = vectors.pop(self._session.party)
        payloads = {party: field.encode(vector) for party, vector in vectors.items()}
        answers = await self._session.exchange(payloads)
        self._session.next_round(timeout=self._round_timeout)
        return [
            mine if party == self._session.party else self._decode(party, answers[party], len(mine))
            for party in self._order
        ]

    def _decode(self, party: str, data: bytes, count: int) -> Vector:
        try:
            return self._shamir.field.decode(data, count)
        except MalformedElements as error:
            raise MalformedShares(party, str(error)) from error
