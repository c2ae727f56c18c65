"""Shamir sharing over a partywire session, which goes on without parties that crash.

An opening takes one round. Whatever is dealt takes two: who crashes while it deals may have reached
some parties and not others, so that all say next whom they heard, and use what those dealt whom
everybody heard. One crash at a time cannot make the parties disagree on that. Several can; so each
message says on whose dealing it stands, and who stands on another one is not computed with.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from random import Random

from partywire import PartywireError, Session

from .computing import Compute
from .endings import DealersDiffer, MalformedShares, TooFewLeft
from .field import MalformedElements, Vector
from .groups import Groups, MalformedGroup
from .shamir import Shamir

Missed = Callable[[Mapping[str, PartywireError]], Awaitable[None]]
"""Told who did not take part in a round, and why."""


async def unnoticed(_: Mapping[str, PartywireError]) -> None:
    """Tell nobody."""


class SharedComputation:
    """One party's side of a computation on shares. All parties call the same methods in order.

    Every method raises what the session raises, where one failed peer is to end all, and
    MalformedShares, TooFewLeft and DealersDiffer.

    Args:
        session: where the parties meet; its rounds belong to this computation from now on. It is
            asynchronous: who does not answer is gone, and not only late.
        shamir: for as many parties as the session has.
        rng: where the randomness of the shares comes from.
        compute: runs what takes long.
        watch: called before each round.
        missed: called after a round that some did not take part in, with why.

    Attributes:
        dealers: those whose dealing was used last, in order.
    """

    def __init__(
        self,
        session: Session,
        shamir: Shamir,
        rng: Random,
        *,
        compute: Compute,
        watch: Callable[[], Awaitable[None]],
        missed: Missed = unnoticed,
    ) -> None:
        order = sorted(session.parties)
        self.dealers: tuple[str, ...] = tuple(order)
        self._session = session
        self._shamir = shamir
        self._rng = rng
        self._compute = compute
        self._watch = watch
        self._missed = missed
        self._points = dict(zip(order, shamir.points, strict=True))
        self._groups = Groups(order)
        self._failures: Mapping[str, PartywireError] = {}

    async def share(self, mine: Sequence[int]) -> Vector:
        """Deal one's own numbers; returns shares of the sum of all dealers' numbers."""
        dealt = await self._deal(mine, "sharing", self._shamir.enough)
        return self._shamir.field.combine([1] * len(dealt), list(dealt.values()))

    async def reduce(self, products: Sequence[int]) -> Vector:
        """From local products of shares (degree 2t) to shares of the same products (degree t)."""
        dealt = await self._deal(products, "multiplying", self._shamir.enough_to_multiply)
        return await self._compute(self._shamir.reduce, dealt)

    async def open(self, shares: Vector) -> Vector:
        """Tell everybody one's own shares; returns the secrets.

        Raises:
            InconsistentShares: some party sent a wrong share.
        """
        told = await self._exchange_vectors([shares] * len(self._points))
        self._require(self._shamir.enough, "opening", told)
        return await self._compute(self._shamir.open, self._by_point(told))

    async def _deal(self, secrets: Sequence[int], doing: str, needed: int) -> dict[int, Vector]:
        dealt = await self._exchange_vectors(
            await self._compute(self._shamir.deal, secrets, self._rng)
        )
        self.dealers = await self._agree(dealt)
        self._require(needed, doing, self.dealers)
        return self._by_point({party: dealt[party] for party in self.dealers})

    async def _agree(self, heard: Collection[str]) -> tuple[str, ...]:
        """Those whom everybody heard, as far as everybody can still say so."""
        said = await self._round(dict.fromkeys(self._points, self._groups.encode(heard)))
        groups = [self._decode_group(party, data) for party, data in said.items()]
        return tuple(party for party in self._points if all(party in group for group in groups))

    def _require(self, needed: int, doing: str, there: Collection[str]) -> None:
        if len(there) < needed:
            missing = {party: self._why(party) for party in self._points if party not in there}
            raise TooFewLeft(doing, needed, len(self._points), missing)

    def _why(self, party: str) -> str:
        failure = self._failures.get(party)
        return "not heard by everybody" if failure is None else type(failure).__name__

    def _by_point(self, vectors: Mapping[str, Vector]) -> dict[int, Vector]:
        return {self._points[party]: vector for party, vector in vectors.items()}

    async def _exchange_vectors(self, outgoing: Sequence[Vector]) -> dict[str, Vector]:
        """One vector to each party in order, and those that came, which are as long."""
        field, count = self._shamir.field, len(outgoing[0])
        encoded = map(field.encode, outgoing)
        came = await self._round(dict(zip(self._points, encoded, strict=True)))
        return {party: self._decode_vector(party, data, count) for party, data in came.items()}

    async def _round(self, outgoing: Mapping[str, bytes]) -> dict[str, bytes]:
        """One message to each party, and those that came: by party in order, one's own included."""
        await self._watch()
        stand = self._groups.encode(self.dealers)
        messages = {party: stand + data for party, data in outgoing.items()}
        mine = {self._session.party: messages.pop(self._session.party)}
        answers = await self._session.exchange(messages, on_failure="collect")
        self._failures = answers.failures
        if answers.failures:
            await self._missed(answers.failures)
        self._session.next_round()
        came = answers | mine
        return {party: self._unwrap(party, came[party]) for party in self._points if party in came}

    def _unwrap(self, party: str, data: bytes) -> bytes:
        """What a party sent, if it stands where we stand."""
        stand = self._decode_group(party, data[: self._groups.width])
        if stand != self.dealers:
            raise DealersDiffer(party, stand, self.dealers)
        return data[self._groups.width :]

    def _decode_group(self, party: str, data: bytes) -> tuple[str, ...]:
        try:
            return self._groups.decode(data)
        except MalformedGroup as error:
            raise MalformedShares(party, str(error)) from error

    def _decode_vector(self, party: str, data: bytes, count: int) -> Vector:
        try:
            return self._shamir.field.decode(data, count)
        except MalformedElements as error:
            raise MalformedShares(party, str(error)) from error
