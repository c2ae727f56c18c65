"""Nodes on the reference wire: with somebody who is not ours, with each other, and among others."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire import open_node
from partywire.errors import PeerRefused
from partywire.node.checkup import CALLS, FILLER
from partywire.node.diagnosis import diagnose
from partywire.probing import Status
from tests.loopback import PLAIN, config_of, free_ports
from tests.reference.foreign import ACTIVE, COMPLETED, INACTIVE, foreign, tag
from tests.reference.ground import OTHER, OURS, PATIENCE, THEIRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.loopback import Config, Security
    from tests.reference.ground import Place

    Shown = Callable[[], dict[str, str] | None]


def deployment(security: Security) -> dict[str, Config]:
    """Three parties: p1 is on the fast wire with p3, and p2 with nobody."""
    names = (OURS, THEIRS, OTHER)
    fast = dict(zip(names, free_ports(3), strict=True))
    slow = dict(zip(names, free_ports(3), strict=True))
    configs = {}
    for party in names:
        config = config_of(party, fast[party], fast, security)
        config["transport"]["reference_listen"] = f"127.0.0.1:{slow[party]}"
        for peer in config["peer"]:
            if THEIRS in (party, peer["id"]):
                peer |= {"wire": "reference", "address": f"127.0.0.1:{slow[peer['id']]}"}
        configs[party] = config
    return configs


async def test_a_session_has_both_wires(somewhere: Place) -> None:
    configs = deployment(somewhere.wallet or PLAIN)
    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as stack:
            nodes = {
                party: await stack.enter_async_context(open_node(config))
                for party, config in configs.items()
            }
            for node in nodes.values():
                await node.ready()
            came: dict[tuple[str, int], dict[str, bytes]] = {}

            async def play(party: str) -> None:
                async with nodes[party].session("mixed") as session:
                    for number in range(20):
                        said = {peer: f"{party} {number}".encode() for peer in session.peers}
                        came[party, number] = dict(await session.exchange(said))
                        session.next_round()

            async with anyio.create_task_group() as group:
                for party in nodes:
                    group.start_soon(play, party)
            for (party, number), values in came.items():
                wanted = {peer: f"{peer} {number}".encode() for peer in nodes if peer != party}
                assert values == wanted


async def test_a_party_that_is_not_ours_takes_part(somewhere: Place, shown: Shown) -> None:
    config = {**somewhere.config()}
    config["peer"] = config["peer"][:1]
    with anyio.fail_after(PATIENCE):
        async with (
            foreign("server", somewhere.ports.theirs, shown()) as served,
            foreign("client", somewhere.ports.reference, shown()) as calling,
            open_node(config) as node,
        ):
            await node.ready()
            assert (await served.heard())["method"] == "HealthCheck"
            forged = await calling.call("SendValue", tag=tag(7, OTHER, 0), size=3, byte=67)
            assert forged == ("UNAUTHENTICATED", "")
            early = await calling.call("SendValue", tag=tag(7, THEIRS, 0), size=3, byte=65)
            assert early == ("OK", INACTIVE)
            async with node.session(7) as session:
                assert await session.receive(THEIRS) == b"AAA"
                again = await calling.call("SendValue", tag=tag(7, THEIRS, 0), size=3, byte=66)
                assert again == ("OK", ACTIVE)
                await served.answer(INACTIVE, "UNAVAILABLE", "RESOURCE_EXHAUSTED", ACTIVE)
                await session.send(THEIRS, b"one")
                session.next_round()
                await session.send(THEIRS, b"three")
                await session.flush()
                rounds = [(await served.heard())["tag"] for _ in range(4)]
                assert rounds == [tag(7, OURS, 0)] + 3 * [tag(7, OURS, 1)]
            late = await calling.call("SendValue", tag=tag(7, THEIRS, 1))
            assert late == ("OK", COMPLETED)


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "ABORTED"])
async def test_what_is_refused_for_good_is_not_sent_again(
    somewhere: Place, shown: Shown, code: str
) -> None:
    config = {**somewhere.config()}
    config["peer"] = config["peer"][:1]
    with anyio.fail_after(PATIENCE):
        async with (
            foreign("server", somewhere.ports.theirs, shown()) as served,
            open_node(config) as node,
        ):
            await node.ready()
            await served.heard()
            await served.answer(code)
            async with node.session(1) as session:
                await session.send(THEIRS, b"value")
                with pytest.raises(PeerRefused, match=THEIRS):
                    await session.receive(THEIRS)
            assert (await served.heard())["tag"] == tag(1, OURS, 0)
            await served.answer(ACTIVE)
            async with node.session(2) as session:
                await session.send(THEIRS, b"another")
                await session.flush()
            assert (await served.heard())["tag"] == tag(2, OURS, 0), "and nothing between"


async def test_the_doctor_asks_for_health(somewhere: Place, shown: Shown) -> None:
    config = {**somewhere.config()}
    config["peer"] = config["peer"][:1]
    with anyio.fail_after(PATIENCE):
        async with foreign("server", somewhere.ports.theirs, shown()) as served:
            diagnosis = await diagnose(config)
            sizes = [await served.heard() for _ in range(CALLS + 1)]
    assert {each["method"] for each in sizes} == {"HealthCheck"}
    assert [each["size"] for each in sizes] == [0] * CALLS + [FILLER]
    found = {each.check: each for each in diagnosis.peers[THEIRS]}
    assert found["wire"].facts == {"wire": "reference"}
    assert found["health_check"].status is Status.OK
    for check, fact in (("round_trip", "seconds"), ("bandwidth", "bytes_per_second")):
        assert float(found[check].facts[fact]) > 0
    for check in ("hello", "roster", "clock", "way_back"):
        assert found[check].status is Status.UNKNOWN
    assert not [each for each in found.values() if each.status is Status.WRONG]
