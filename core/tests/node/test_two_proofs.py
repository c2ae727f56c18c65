"""A peer that two verifiers challenge could satisfy neither: refused before anybody is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from core.tests.node.lane import Lane, LaneTransport, on_lane
from partywire import check_config, open_node
from partywire.errors import ConfigInvalid
from partywire.hookspecs import VerifierDescriptor, hookimpl
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywire.hookspecs import Setting


@attrs.frozen
class Asking:
    """The keys of a verifier."""

    asks: list[str]
    """Whom it challenges."""


class Asker(IdentityVerifier):
    """Believes all; cannot say whom it challenges where its config says so."""

    def __init__(self, setting: Setting) -> None:
        self._keys: Asking = setting.config

    def verify(self, evidence: Evidence, *, expected: str, **_: Any) -> Verdict:
        return Verdict(expected)

    def challenges(self, party: str) -> bool:
        if "nobody knows" in self._keys.asks:
            raise LookupError(party)
        return party in self._keys.asks


class Askers(LaneTransport):
    """The verifiers ``seal`` and ``stamp``, beside the lane."""

    def __init__(self) -> None:
        super().__init__(Lane(), frozenset())

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        names = ("seal", "stamp")
        return [VerifierDescriptor(name, Asker, frozenset(), Asking) for name in names]


def config(*tables: tuple[str, str]) -> dict[str, Any]:
    """One of alice, whose peers are bob and carol."""
    verifiers = [{"plugin": name, "asks": asks.split(", ")} for name, asks in tables]
    peers = [{"id": "bob"}, {"id": "carol"}]
    return {**on_lane("alice", frozenset()), "verifier": verifiers, "peer": peers}


BOTH_ASK_CAROL = config(("stamp", "carol"), ("seal", "bob, carol"))


def check_told(caught: pytest.ExceptionInfo[ConfigInvalid], *peers: str) -> None:
    """That, of these peers and no other, with who asks and what to do."""
    assert [mistake.peer for mistake in caught.value.mistakes] == [*peers]
    for mistake in caught.value.mistakes:
        assert mistake.key == f"peer[{('bob', 'carol').index(str(mistake.peer))}]"
        assert "seal and stamp each ask it for a proof" in mistake.problem
        assert "remove one of these [[verifier]] tables" in mistake.problem


async def test_it_is_a_mistake_of_the_config_when_the_node_opens() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        async with open_node(BOTH_ASK_CAROL, plugins=[Askers()]):
            pytest.fail("it opened")
    check_told(caught, "carol")


def test_it_is_told_where_a_config_is_checked() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        check_config(BOTH_ASK_CAROL, plugins=[Askers()])
    check_told(caught, "carol")


async def test_it_is_a_mistake_at_a_reload_and_nothing_changes() -> None:
    before = config(("stamp", "carol"), ("seal", "bob"))
    async with open_node(before, plugins=[Askers()]) as node:
        former = node._engine.config
        with pytest.raises(ConfigInvalid) as caught:
            await node.reload(BOTH_ASK_CAROL)
        check_told(caught, "carol")
        assert node._engine.config is former


def test_a_verifier_that_cannot_say_whom_it_challenges_asks_all() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        check_config(config(("stamp", "nobody knows"), ("seal", "bob, carol")), plugins=[Askers()])
    check_told(caught, "bob", "carol")


@pytest.mark.parametrize(
    "tables",
    [
        [("seal", "bob, carol"), ("stamp", "")],
        [("seal", "bob"), ("stamp", "carol")],
        [("seal", "bob"), ("seal", "bob, carol")],
    ],
    ids=["one asks", "each asks another", "two tables of one plugin, which read the same proof"],
)
def test_who_is_asked_for_one_proof_is_no_mistake(tables: list[tuple[str, str]]) -> None:
    check_config(config(*tables), plugins=[Askers()])
