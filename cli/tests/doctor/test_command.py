"""``partywire doctor`` as a program: exit codes, plain text, data, and whom it disturbs."""

from __future__ import annotations

import json
import sysconfig
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from partywire import open_node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire import Node, Session

PROGRAM = str(Path(sysconfig.get_path("scripts"), "partywire"))
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
"""The program has a loop of its own."""
HEALTHY = [
    "name",
    "port",
    "tls",
    "key_exchange",
    "certificate",
    "identity",
    "expiry",
    "own_certificate",
    "wire",
    "hello",
    "roster",
    "clock",
    "round_trip",
    "bandwidth",
    "way_back",
]


@attrs.frozen
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.out)
        return given


async def doctor(config: Path, *options: str) -> Ended:
    with anyio.fail_after(45):
        ended = await anyio.run_process([PROGRAM, "doctor", str(config), *options], check=False)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@asynccontextmanager
async def both(deployment: Path) -> AsyncIterator[tuple[Node, Node]]:
    async with (
        open_node(deployment / "alice/alice.toml") as alice,
        open_node(deployment / "bob/bob.toml") as bob,
    ):
        yield alice, bob


@on_asyncio
async def test_all_is_well_between_two_running_nodes(deployment: Path) -> None:
    async with both(deployment) as (_, bob):
        await bob.ready(timeout=20)
        ended = await doctor(deployment / "alice/alice.toml", "--json")
    assert (ended.code, ended.err) == (0, "")
    data = ended.data
    assert (data["party"], data["transport"]) == ("alice", "grpc-mtls")
    assert (data["well"], data["insecure"], data["mistakes"]) == (True, False, [])
    assert [each["check"] for each in data["own"]] == ["expiry", "tls", "listening"]
    found = {each["check"]: each for each in data["peers"]["bob"]}
    assert list(found) == HEALTHY
    assert {each["status"] for each in found.values()} == {"ok"}
    assert found["key_exchange"]["facts"] == {"group": "X25519MLKEM768"}
    assert found["round_trip"]["facts"]["seconds"] > 0
    assert found["hello"]["facts"]["version"] == 1
    assert found["wire"]["facts"] == {"wire": "fast", "version": 1}
    assert found["bandwidth"]["facts"]["bytes"] == 1 << 20
    assert found["bandwidth"]["facts"]["bytes_per_second"] > 0
    assert found["way_back"]["facts"]["way"] == "connected"


@on_asyncio
async def test_plain_text_where_no_terminal_is(deployment: Path) -> None:
    async with open_node(deployment / "bob/bob.toml"):
        ended = await doctor(deployment / "alice/alice.toml")
    assert ended.code == 0
    assert "\x1b" not in ended.out
    lines = ended.out.splitlines()
    assert lines[0] == "alice, this node"
    assert lines[-1] == "nothing is wrong; 1 warning"
    assert any(line.split() == ["alice", "has", "to", "start", "the", "node"] for line in lines)
    assert any(line.startswith("  ok       identity         it is bob") for line in lines)


@on_asyncio
async def test_something_wrong_is_exit_code_1_and_says_who_has_to_act(deployment: Path) -> None:
    ended = await doctor(deployment / "alice/alice.toml")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "1 thing is wrong; 1 warning"
    assert "bob has to start its node" in ended.out


@on_asyncio
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "json"])
async def test_a_config_with_mistakes_is_exit_code_2(deployment: Path, options: list[str]) -> None:
    file = anyio.Path(deployment / "alice/alice.toml")
    await file.write_text((await file.read_text()).replace("bob.crt", "none.crt") + "\nodd = 1\n")
    ended = await doctor(Path(file), *options)
    assert ended.code == 2
    told = ended.out if options else ended.err
    assert "none.crt" in told
    assert "odd" in told
    if options:
        assert set(ended.data) == {"config", "well", "mistakes"}
        assert {"key", "problem"} == set(ended.data["mistakes"][0])


@on_asyncio
async def test_without_tls_the_warning_cannot_be_missed(deployment: Path) -> None:
    config = anyio.Path(deployment / "alice/alice.toml")
    (address,) = {
        line.split('"')[1] for line in (await config.read_text()).splitlines() if "listen" in line
    }
    insecure = (
        '[party]\nid = "alice"\n[transport]\nplugin = "grpc-insecure"\nallow_insecure = true\n'
        f'listen = "{address}"\n[[peer]]\nid = "bob"\naddress = "127.0.0.1:1"\n'
    )
    await config.write_text(insecure)
    ended = await doctor(Path(config))
    assert ended.out.startswith("INSECURE: nothing proves who a peer is")
    assert "warning  transport  INSECURE: over grpc-insecure nothing proves" in ended.out
    assert "INSECURE: alice runs without TLS" in ended.err


async def talk(session: Session, peer: str, rounds: int) -> None:
    for _ in range(rounds):
        await session.send(peer, b"a share")
        await session.receive(peer)
        session.next_round()


async def one_conversation(alice: Session, bob: Session) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(talk, alice, "bob", 5)
        group.start_soon(talk, bob, "alice", 5)


def links(node: Node, peer: str) -> list[object]:
    """The connection to a peer, and how often that one is connected here."""
    courier = node._engine._couriers[peer]
    return [courier._line, courier.reached, courier.peer.callers, courier.peer.incarnation]


async def test_it_is_harmless_beside_nodes_in_a_session(
    deployment: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with anyio.fail_after(60):
        async with (
            both(deployment) as (alice, bob),
            alice.session("harmless", labels=False) as hers,
            bob.session("harmless", labels=False) as his,
        ):
            await alice.ready()
            await bob.ready()
            await one_conversation(hers, his)
            nodes = [(alice, "bob"), (bob, "alice")]
            before = [links(*each) for each in nodes]
            counted = [hers.counters, his.counters]
            caplog.clear()
            codes: list[int] = []

            async def look(party: str) -> None:
                codes.append((await doctor(deployment / f"{party}/{party}.toml")).code)

            async with anyio.create_task_group() as group:
                for party in ("alice", "bob", "alice"):
                    group.start_soon(look, party)
            assert codes == [0, 0, 0]
            assert [links(*each) for each in nodes] == before
            assert [hers.counters, his.counters] == counted
            assert [record.message for record in caplog.records] == []
            await one_conversation(hers, his)
            earlier, after = counted[0]["bob"], hers.counters["bob"]
            assert (after.messages_sent, after.messages_received) == (10, 10)
            assert (after.retries, after.duplicates) == (earlier.retries, earlier.duplicates)
