"""Computations on shares over sessions in memory."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from partywire_cli.demo.field import Field
from partywire_cli.demo.shamir import InconsistentShares, Shamir
from partywire_cli.demo.sharing import MalformedShares, SharedComputation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from partywire import Session

    Meet = Callable[[Mapping[str, Callable[[Session], Awaitable[Any]]]], Awaitable[dict[str, Any]]]

FIELD = Field(2**61 - 1)
NAMES = ("north", "south", "east", "west")
NUMBERS = {"north": [1, 2], "south": [3, 4], "east": [5, 6], "west": [7, 8]}


def computation(session: Session) -> SharedComputation:
    return SharedComputation(session, Shamir(FIELD, len(session.parties), 1), Random(session.party))


async def open_squared_sums(session: Session) -> list[int]:
    shared = computation(session)
    sums = await shared.share(NUMBERS[session.party])
    squares = await shared.reduce([share**2 % FIELD.prime for share in sums])
    return await shared.open(squares)


async def test_sums_and_products_come_out_the_same_everywhere(meet: Meet) -> None:
    results = await meet(dict.fromkeys(NAMES, open_squared_sums))
    assert results == {name: [16**2, 20**2] for name in NAMES}


async def test_three_parties_suffice(meet: Meet) -> None:
    results = await meet(dict.fromkeys(NAMES[:3], open_squared_sums))
    assert results == {name: [9**2, 12**2] for name in NAMES[:3]}


@pytest.mark.parametrize(
    "junk", [b"", bytes(15), bytes(17), FIELD.encode([0]) + b"\xff" * FIELD.width]
)
async def test_bytes_that_are_no_shares_are_laid_at_their_senders_door(
    meet: Meet, junk: bytes
) -> None:
    async def cheat(session: Session) -> None:
        await session.exchange(dict.fromkeys(session.peers, junk))

    async def notice(session: Session) -> None:
        with pytest.raises(MalformedShares, match="west sent malformed shares") as caught:
            await computation(session).share(NUMBERS[session.party])
        assert caught.value.party == "west"

    await meet({**dict.fromkeys(NAMES, notice), "west": cheat})


async def test_a_wrong_share_spoils_the_opening_and_is_noticed(meet: Meet) -> None:
    async def cheat(session: Session) -> None:
        shared = computation(session)
        first, second = await shared.share(NUMBERS[session.party])
        with pytest.raises(InconsistentShares):
            await shared.open([first, (second + 1) % FIELD.prime])

    async def notice(session: Session) -> None:
        shared = computation(session)
        shares = await shared.share(NUMBERS[session.party])
        with pytest.raises(InconsistentShares):
            await shared.open(shares)

    await meet({**dict.fromkeys(NAMES, notice), "west": cheat})
