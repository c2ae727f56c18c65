"""Addresses at which no node of a peer can be."""

from __future__ import annotations

import pytest

from partywire_grpc.addresses import parse_address
from partywire_grpc.place import Place, misplaced


def found(listen: str, **peers: str) -> dict[str, str]:
    named = {party: parse_address(text) for party, text in peers.items()}
    return misplaced(Place("alice", parse_address(listen), named))


def test_addresses_that_differ_are_in_order() -> None:
    assert found("0.0.0.0:7000", bob="b:7000", carol="c:7000", dave="127.0.0.1:7001") == {}


def test_two_peers_at_one_address_are_told_of_at_the_second() -> None:
    assert found("a:1", bob="Here.example:7000", carol="here.example:7000") == {
        "carol": "here.example:7000 is the address of bob too; every party has one of its own"
    }


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("a.example:7000", "a.example:7000"),
        ("0.0.0.0:7000", "127.0.0.1:7000"),
        ("[::]:7000", "localhost:7000"),
        ("127.0.0.1:7000", "localhost:7000"),
    ],
)
def test_a_peer_is_not_where_we_listen(listen: str, address: str) -> None:
    assert found(listen, bob=address) == {
        "bob": f"at {address} this party listens itself; give the address of bob"
    }


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])  # noqa: S104
def test_nobody_is_at_every_address(host: str) -> None:
    assert "give the one at which bob is reached" in found("a:1", bob=f"{host}:7000")["bob"]
