"""Nodes whose certificates an attester makes: how they meet, and which ones open no node."""

from __future__ import annotations

from functools import partial
from time import time
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest
from anyio import to_thread

from partywire import diagnose
from partywire.errors import ConfigInvalid
from partywire.probing import Status
from partywire.session.lifetimes import background
from partywire_grpc.certificates.evidence import TlsEvidence
from tests.attested_town import PATIENCE, Seen, Town, talk
from tests.certificates.building import make
from tests.certificates.forge import Forge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


@pytest.mark.parametrize("curve", ["P-384", "secp256k1", None])
@pytest.mark.parametrize("names", [("p1", "p2"), ("p2", "p1")])
async def test_nobody_knows_a_certificate_in_advance(
    tmp_path: Path, curve: str | None, names: tuple[str, str]
) -> None:
    """By a CA that gRPC takes as a root, by one that it does not, and by none."""
    town = await to_thread.run_sync(partial(Town, tmp_path, curve, names))
    first, second = names
    with anyio.fail_after(PATIENCE):
        async with town.node(first) as one, background() as group:
            group.start_soon(one.ready)
            await anyio.wait_all_tasks_blocked()
            async with town.node(second) as other:
                await other.ready()
                await one.ready()
                await talk(one, other)


async def test_either_may_be_the_first_to_call(tmp_path: Path) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    for caller in range(2):
        with anyio.fail_after(PATIENCE):
            async with town.node("p1") as p1, town.node("p2") as p2:
                one, other = (p1, p2) if caller else (p2, p1)
                await talk(one, other)


async def test_each_end_has_what_both_have_shown(tmp_path: Path, seen: Seen) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            await talk(nodes["p1"], nodes["p2"])
            at_servers, at_callers = seen.connections
            assert at_servers == at_callers
            assert len(at_servers) == 2
            made = town.forge.makers["p1"].renew()
            await seen.called_by(made.der)
            for node in nodes.values():
                await node.ready()
            at_servers, at_callers = seen.connections
            digest = TlsEvidence("", "", leaf=made.der).digest
            assert {pair for pair in at_servers if digest in pair} <= at_callers
            assert any(pair[0] == digest for pair in at_servers)


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        ({"names": "mallory"}, 'the certificate is of "mallory"'),
        ({"end": -1.0}, "expired at"),
        ({"beside": True}, "holds 2 certificates"),
        ({"key": True}, "it is not the key of the certificate"),
    ],
)
async def test_a_first_certificate_of_no_use_opens_no_node(
    tmp_path: Path, odd: dict[str, Any], problem: str
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    held = make(odd.get("names", "p1"), now=time(), end=odd.get("end", 60.0))
    if "beside" in odd:
        held = attrs.evolve(held, beside=(held.der,))
    if "key" in odd:
        held = attrs.evolve(held, key=make("p1", now=time()).key)
    town.forge.makers["p1"].show(held)
    with anyio.fail_after(PATIENCE), pytest.raises(ConfigInvalid, match=problem) as caught:
        async with town.node("p1"):
            pytest.fail("it opened")
    assert [mistake.key for mistake in caught.value.mistakes] == ["attester"]


async def test_an_attester_that_fails_at_first_opens_no_node(tmp_path: Path) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    town.forge.makers["p1"].fault = RuntimeError("with a secret")
    with anyio.fail_after(PATIENCE), pytest.raises(ConfigInvalid) as caught:
        async with town.node("p1"):
            pytest.fail("it opened")
    assert "failed with RuntimeError" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_the_doctor_says_what_the_node_alone_can_know(tmp_path: Path) -> None:
    """Its attester gives it a certificate of its own, which no peer knows."""
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    beside = Forge(tmp_path)
    beside.maker("p1")
    beside.makers["p2"] = town.forge.makers["p2"]
    with anyio.fail_after(PATIENCE):
        async with town.nodes():
            found = await diagnose(town.configs["p1"], plugins=[beside])
        alone = await diagnose(town.configs["p1"], plugins=[beside])
    own, peer = (
        {each.check: each for each in findings} for findings in (found.own, found.peers["p2"])
    )
    assert own["listening"].status is Status.UNKNOWN
    assert "a certificate is shown that names p1 and ends in 59 minutes" in own["listening"].said
    assert peer["identity"].status is Status.OK
    assert peer["own_certificate"].status is peer["hello"].status is Status.UNKNOWN
    assert "the attester of p1 gives a certificate to its node, and the doctor has another" in (
        peer["own_certificate"].said
    )
    assert not [each for each in (*own.values(), *peer.values()) if each.status is Status.WRONG]
    assert [each.check for each in alone.own] == ["listening"]


async def test_the_doctor_takes_no_stranger_for_our_own_node(tmp_path: Path) -> None:
    """Whoever listens at our address can make a certificate in our name."""
    make_town = partial(Town, tmp_path, None, ("p1", "p2"))
    town, other = [await to_thread.run_sync(make_town) for _ in range(2)]
    other.configs["p1"]["transport"]["listen"] = town.configs["p1"]["transport"]["listen"]
    with anyio.fail_after(PATIENCE):
        async with other.node("p1"):
            found = await diagnose(town.configs["p1"], plugins=[town.forge])
    own = {each.check: each for each in found.own}
    shown = TlsEvidence("", "", leaf=other.forge.makers["p1"].made[-1].der).digest.hex()
    assert (own["listening"].status, own["listening"].facts["sha256"]) == (Status.UNKNOWN, shown)
    assert "cannot be told from here" in own["listening"].said
