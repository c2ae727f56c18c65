"""Two parties whose operators vouch for them, over mutual TLS; their configs alone say so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from partywire import open_node
from partywire.errors import NotReady
from partywire_operator import OperatorAttester, OperatorVerifier
from partywire_operator.proof import OF_ANOTHER
from partywire_operator.voucher import NOT_BY

from .parties import deployment

if TYPE_CHECKING:
    from pathlib import Path

    from partywire import Node
    from partywire.identity import Evidence, Verdict

PATIENCE = 40.0
LIFETIME = "3s"
RENEWALS = 2
"""So many certificates of half a lifetime each that the first one has ended meanwhile."""


@pytest.fixture
def configs(tmp_path: Path) -> dict[str, dict[str, Any]]:
    return deployment(tmp_path, lifetime=LIFETIME)


@pytest.fixture
def renewals(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many certificates each party has made."""
    counted: Counter[str] = Counter()
    renew = OperatorAttester.renew

    def noted(attester: OperatorAttester) -> None:
        renew(attester)
        counted[attester._party] += 1

    monkeypatch.setattr(OperatorAttester, "renew", noted)
    return counted


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Whom the verifiers have let in, and with which level."""
    found: set[tuple[str, str]] = set()
    verify = OperatorVerifier.verify

    def noted(verifier: OperatorVerifier, evidence: Evidence, **given: Any) -> Verdict:
        verdict = verify(verifier, evidence, **given)
        found.add((verdict.party, verdict.claims["operator_level"]))
        return verdict

    monkeypatch.setattr(OperatorVerifier, "verify", noted)
    return found


async def test_each_proves_itself_before_the_first_message(
    configs: dict[str, dict[str, Any]], levels: set[tuple[str, str]]
) -> None:
    with anyio.fail_after(PATIENCE):
        async with open_node(configs["alice"]) as alice, open_node(configs["bob"]):
            await alice.ready()
    assert {("alice", "bound"), ("bob", "bound")} < levels


async def test_nothing_is_lost_while_certificates_are_made_anew(
    configs: dict[str, dict[str, Any]], renewals: Counter[str]
) -> None:
    with anyio.fail_after(PATIENCE):
        async with open_node(configs["alice"]) as alice, open_node(configs["bob"]) as bob:
            await alice.ready()
            async with anyio.create_task_group() as group:
                for node in (alice, bob):
                    group.start_soon(count, node, renewals)


async def count(node: Node, renewals: Counter[str]) -> None:
    """Give the number of each round, until both have renewed often enough, as both then know."""
    async with node.session("of the operators", attempt=1) as session:
        (peer,), number, goes_on = session.peers, 0, True
        while goes_on:
            enough = min(renewals["alice"], renewals["bob"]) > RENEWALS
            said = {peer: f"{number} {'enough' if enough else 'more'}".encode()}
            heard = (await session.exchange(said))[peer].decode().split()
            assert heard[0] == str(number)
            goes_on = not enough or heard[1] == "more"
            number += 1
            session.next_round()


async def test_whom_another_operator_vouches_for_is_sent_nothing(
    configs: dict[str, dict[str, Any]],
) -> None:
    (peer,) = configs["alice"]["peer"]
    peer["operator"] = peer["operator"].replace("bob.pub", "alice.pub")
    with anyio.fail_after(PATIENCE):
        async with open_node(configs["alice"]) as alice, open_node(configs["bob"]):
            while NOT_BY.format("bob") not in await missing(alice, "bob"):
                pass


async def test_who_proves_another_connection_is_sent_nothing(
    configs: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    attest = OperatorAttester.attest

    async def other(attester: OperatorAttester, binding: bytes, *, shown: bytes = b"") -> bytes:
        bound = binding[::-1] if attester._party == "bob" else binding
        return await attest(attester, bound, shown=shown)

    monkeypatch.setattr(OperatorAttester, "attest", other)
    with anyio.fail_after(PATIENCE):
        async with open_node(configs["alice"]) as alice, open_node(configs["bob"]):
            while OF_ANOTHER not in await missing(alice, "bob"):
                pass


async def missing(node: Node, peer: str) -> str:
    with pytest.raises(NotReady) as caught:
        await node.ready(timeout=0.2)
    return caught.value.missing[peer]
