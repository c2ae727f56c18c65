"""Parties that prove themselves on each connection, before the first message."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import NotReady, PartywireError
from partywire.node.connection import Connection
from partywire.node.counterpart import NO_ATTESTER, NO_PROOF
from partywire.node.reloading import read
from tests.interaction.programs import Programs, all_bound, running
from tests.interaction.scenes import levels, opened, until
from tests.interaction.venues import node_of, patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from partywire import Node
    from partywire.delivery.challenge import Role
    from partywire.delivery.dispatch import Flight
    from partywire.node.counterpart import Counterpart
    from tests.interaction.venues import Config, Venue

LIMITS: dict[str, object] = {"retry_first": "1ms", "retry_longest": "5ms"}
HASTE: dict[str, object] = {**LIMITS, "proof_pause": "1ms"}


@asynccontextmanager
async def unready(configs: Mapping[str, Config]) -> AsyncIterator[dict[str, Node]]:
    async with AsyncExitStack() as stack:
        stack.enter_context(patience())
        yield {
            party: await stack.enter_async_context(node_of(config, plugins=[Programs()]))
            for party, config in configs.items()
        }


async def test_all_prove_themselves_and_talk(venue: Venue) -> None:
    async with unready(all_bound(venue.configs(3, limits=LIMITS))) as nodes:
        for node in nodes.values():
            await node.ready()
        assert levels(nodes["p1"], "p2") == levels(nodes["p3"], "p1") == {"bound"}
        async with opened(nodes) as sessions:
            for here in sessions:
                await here.send_to_all(b"bound")
            for here in sessions:
                assert set((await here.gather()).values()) == {b"bound"}


async def test_who_runs_another_program_gets_no_message_and_the_others_talk(venue: Venue) -> None:
    """In neither direction: neither by its calls, nor by ours."""
    configs = venue.configs(3, limits=LIMITS)
    configs = {
        "p1": running(configs["p1"], "release 1", "p2", "p3"),
        "p2": running(configs["p2"]),
        "p3": running(configs["p3"], "release 2"),
    }
    async with unready(configs) as nodes:
        p1, p2, p3 = nodes.values()
        await p1.ready(peers=["p2"])
        words = "p3 refused: does not run release 1 here and now"
        with pytest.raises(NotReady):
            await p1.ready(peers=["p3"], timeout=0)
        with pytest.raises(NotReady):
            await p3.ready(peers=["p1"], timeout=0)
        await until(lambda: words in str(p1._engine.missing(["p3"])))
        await until(lambda: "we do not reach it" in str(p3._engine.missing(["p1"])))
        assert p1._engine._table.peers["p3"].callers == 0
        async with opened({"p1": p1, "p2": p2}, parties=["p1", "p2"]) as (here, there):
            await here.send("p2", b"goes on")
            assert await there.receive("p1") == b"goes on"


async def test_a_peer_that_does_not_prove_itself_is_given_up(venue: Venue) -> None:
    """Whoever answers in its place is not that peer, as far as can be known."""
    configs = venue.configs(
        2, session={"timing": "asynchronous"}, limits={**LIMITS, "give_up": "50ms"}
    )
    configs = {
        "p1": running(configs["p1"], "release 1", "p2"),
        "p2": running(configs["p2"], "release 2"),
    }
    async with unready(configs) as nodes, nodes["p1"].session(1) as session:
        with pytest.raises(PartywireError, match="does not run release 1"):
            await session.receive("p2")


async def test_a_node_without_an_attester_is_told_of_at_both_ends(venue: Venue) -> None:
    configs = venue.configs(2, limits=LIMITS)
    configs = {
        "p1": running(configs["p1"], "release 1", "p2"),
        "p2": running(configs["p2"], None),
    }
    async with unready(configs) as nodes:
        for node in nodes.values():
            with pytest.raises(NotReady):
                await node.ready(timeout=0)
        p1, p2 = nodes.values()
        await until(lambda: NO_PROOF in str(p1._engine.missing(["p2"])))
        await until(lambda: NO_ATTESTER in str(p2._engine.missing(["p1"])))


@pytest.mark.parametrize("program", ["fails", "hangs"])
async def test_an_attester_that_makes_nothing_fails_the_connections_that_need_it(
    venue: Venue, program: str
) -> None:
    configs = venue.configs(3, limits={**HASTE, "deliver_timeout": "200ms"})
    configs = {
        "p1": running(configs["p1"], program),
        "p2": running(configs["p2"], "release 1", "p1"),
        "p3": running(configs["p3"]),
    }
    async with unready(configs) as nodes:
        p1, p2, p3 = nodes.values()
        await p1.ready(peers=["p3"])
        await p3.ready(peers=["p1", "p2"])
        with pytest.raises(NotReady):
            await p1.ready(peers=["p2"], timeout=0)
        await until(lambda: WORDS[program] in str(p1._engine.missing(["p2"])))
        assert p2._engine._table.peers["p1"].callers == 0


WORDS = {
    "fails": "the attester here failed with OSError",
    "hangs": "no proof could be made for it within",
}


def count_proofs(node: Node) -> list[int]:
    """Count in the one number of the list how many proofs a node has made from now on."""
    prover, made = node._engine._parts.introduction.prover, [0]
    assert prover
    make = prover.proof

    async def proof(peer: str, role: Role, binding: bytes, shown: bytes) -> bytes:
        made[0] += 1
        return await make(peer, role, binding, shown)

    prover.proof = proof  # type: ignore[method-assign]
    return made


async def test_proofs_run_out_while_messages_flow_and_nothing_is_lost(venue: Venue) -> None:
    """The connections are made anew, each with a proof of its own."""
    configs = venue.configs(2, limits={**HASTE, "proof_lifetime": "100ms"})
    async with unready(all_bound(configs)) as nodes:
        proved = count_proofs(nodes["p1"])
        async with opened(nodes, labels=True) as (here, there):
            count = 0
            while proved[0] < 8:
                await here.send("p2", b"%d" % count, label=7)
                assert await there.receive("p1", label=7) == b"%d" % count
                await there.send("p1", b"%d" % count, label=7)
                assert await here.receive("p2", label=7) == b"%d" % count
                count += 1
                await anyio.lowlevel.checkpoint()


async def test_a_reload_that_asks_for_proofs_ends_what_has_none_and_binds_it_anew(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    configs = venue.configs(2, limits=HASTE)
    lax = {party: running(config) for party, config in configs.items()}
    async with unready(lax) as nodes:
        p1, p2 = nodes.values()
        for node in nodes.values():
            await node.ready()
        assert levels(p1, "p2") == {"certificate"}
        async with opened(nodes) as (here, there):
            await here.send("p2", b"before")
            assert await there.receive("p1") == b"before"
            await p1.reload(all_bound(configs)["p1"])
            assert "has not proved itself on this connection" in caplog.text
            await p1.ready()
            await p2.ready()
            assert levels(p1, "p2") == {"bound"}
            assert levels(p2, "p1") == {"certificate"}
            here.next_round()
            there.next_round()
            await there.send("p1", b"after")
            assert await here.receive("p2") == b"after"


async def test_a_reload_in_the_moment_in_which_a_hello_ends_lets_nothing_leave_unproved(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The courier has its answer, and has not run since, as the config asks for a proof."""
    configs = venue.configs(2, limits=HASTE)
    lax = {party: running(config) for party, config in configs.items()}
    greet, sent = Connection.greet, Connection._sent
    left: list[str] = []
    async with unready(lax) as nodes:
        engine = nodes["p1"]._engine
        asked = [await engine.prepare(await read(all_bound(configs)["p1"], [Programs()]))]

        async def greeted(connection: Connection, there: Counterpart) -> None:
            await greet(connection, there)
            if there.party == "p2" and asked:
                engine.change(asked.pop())

        def seen(connection: Connection, flight: Flight) -> bool:
            identity = engine._couriers["p2"]._identity
            if identity and connection._peer.party == "p2":
                left.append(identity.claims["level"])
            return sent(connection, flight)

        monkeypatch.setattr(Connection, "greet", greeted)
        monkeypatch.setattr(Connection, "_sent", seen)
        async with opened(nodes) as (here, there):
            await here.send("p2", b"a share")
            assert await there.receive("p1") == b"a share"
        assert not asked
        assert set(left) == {"bound"}


async def test_a_reload_by_which_a_proof_is_no_longer_taken_ends_the_connection(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    """And one that asks for no proof any more keeps it."""
    configs = venue.configs(2, limits=HASTE)
    async with unready(all_bound(configs)) as nodes:
        p1, p2 = nodes.values()
        for node in nodes.values():
            await node.ready()
        await p1.reload(running(configs["p1"], "release 1"))
        await p1.ready(timeout=0)
        await p1.reload(running(configs["p1"], "release 1", "p2", wanted="release 2"))
        assert "p2 refused: does not run release 2 here and now" in caplog.text
        await until(lambda: "does not run release 2" in str(p1._engine.missing(["p2"])))
        await p1.reload(all_bound(configs)["p1"])
        await p1.ready()
        await p2.ready()


async def test_a_verifier_that_cannot_say_whom_it_challenges_challenges(venue: Venue) -> None:
    configs = venue.configs(2, limits=LIMITS)
    configs = {
        "p1": running(configs["p1"], "release 1", "nobody knows"),
        "p2": running(configs["p2"], "release 1"),
    }
    async with unready(configs) as nodes:
        for node in nodes.values():
            await node.ready()
        assert levels(nodes["p1"], "p2") == {"bound"}
