"""Computations on shares over sessions in memory."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from partywire_cli.demo.computing import at_once
from partywire_cli.demo.endings import DealersDiffer, MalformedShares, TooFewLeft
from partywire_cli.demo.field import Field
from partywire_cli.demo.groups import Groups
from partywire_cli.demo.shamir import InconsistentShares, Shamir
from partywire_cli.demo.sharing import SharedComputation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from partywire import Session

    Meet = Callable[[Mapping[str, Callable[[Session], Awaitable[Any]]]], Awaitable[dict[str, Any]]]

FIELD = Field(2**61 - 1)
NAMES = ("north", "south", "east", "west")
GROUPS = Groups(sorted(NAMES))
STAND = GROUPS.encode(NAMES)
NUMBERS = {"north": [1, 2], "south": [3, 4], "east": [5, 6], "west": [7, 8]}


async def unwatched() -> None:
    pass


def computation(session: Session) -> SharedComputation:
    shamir, rng = Shamir(FIELD, len(session.parties), 1), Random(session.party)
    return SharedComputation(session, shamir, rng, compute=at_once, watch=unwatched)


async def open_squared_sums(session: Session) -> list[int]:
    shared = computation(session)
    sums = await shared.share(NUMBERS[session.party])
    squares = await shared.reduce([share**2 % FIELD.prime for share in sums])
    return await shared.open(squares)


async def leave(session: Session) -> None:
    """Take no part in anything."""


async def test_sums_and_products_come_out_the_same_everywhere(meet: Meet) -> None:
    results = await meet(dict.fromkeys(NAMES, open_squared_sums))
    assert results == {name: [16**2, 20**2] for name in NAMES}


async def test_three_parties_suffice(meet: Meet) -> None:
    results = await meet(dict.fromkeys(NAMES[:3], open_squared_sums))
    assert results == {name: [9**2, 12**2] for name in NAMES[:3]}


async def test_one_of_four_may_be_missing_from_the_beginning(meet: Meet) -> None:
    results = await meet({**dict.fromkeys(NAMES, open_squared_sums), "west": leave})
    assert results == {**{name: [9**2, 12**2] for name in NAMES}, "west": None}


async def test_two_of_four_can_share_and_open_and_not_multiply(meet: Meet) -> None:
    async def go_on(session: Session) -> list[int]:
        shared = computation(session)
        sums = await shared.share(NUMBERS[session.party])
        assert shared.dealers == ("north", "south")
        opened = await shared.open(sums)
        with pytest.raises(TooFewLeft) as caught:
            await shared.reduce(sums)
        assert str(caught.value) == (
            "multiplying takes 3 of the 4 parties, and 2 are left; "
            "missing: east (PeerLeft) and west (PeerLeft)"
        )
        return opened

    results = await meet(dict.fromkeys(NAMES, go_on) | {"east": leave, "west": leave})
    assert results["north"] == results["south"] == [4, 6]


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        STAND,
        STAND + bytes(15),
        STAND + bytes(17),
        STAND + FIELD.encode([0]) + b"\xff" * FIELD.width,
        b"\xff" + bytes(16),
    ],
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


async def test_those_who_stand_on_different_dealings_do_not_compute_together(meet: Meet) -> None:
    """West dies after it told north alone that it has not heard east, which is gone as well."""

    async def die_early(session: Session) -> None:
        own = STAND + FIELD.encode(NUMBERS["east"])
        await session.send_to_all(own)

    async def die_halfway(session: Session) -> None:
        own = STAND + FIELD.encode(NUMBERS["west"])
        await session.send_to_all(own)
        session.next_round()
        await session.send("north", STAND + GROUPS.encode(("north", "south", "west")))

    async def notice(session: Session) -> None:
        shared = computation(session)
        shares = await shared.share(NUMBERS[session.party])
        assert ("east" in shared.dealers) == (session.party == "south")
        with pytest.raises(DealersDiffer, match="disagree on whether east dealt") as caught:
            await shared.open(shares)
        assert caught.value.missing == ("east",)

    programs = dict.fromkeys(NAMES, notice) | {"east": die_early, "west": die_halfway}
    await meet(programs)
