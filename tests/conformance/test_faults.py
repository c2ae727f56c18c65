"""Faults over any transport: the contract sees each one, and sessions see none."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest

from partywire import open_node
from partywire.plugins import Plugins
from partywire.testing import Faults, Faulty, TransportContract
from partywire_inmemory import config_of
from tests.conformance.running import kept_of
from tests.conformance.stages import OverWire, transport_of
from tests.conformance.wire import Wire
from tests.interaction.scenes import together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from partywire import Node
    from partywire.testing import Configs

(WIRE,) = Wire().register_transports()
INMEMORY = Plugins().transport("inmemory")


class WithFaults(OverWire, TransportContract):
    """The small transport over TCP, with faults."""

    plugins = (Faulty(WIRE), Wire())
    faults: ClassVar[Mapping[str, Any]] = {}

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        async with super().network(parties) as configs:
            yield {
                party: {
                    **config,
                    "transport": {
                        **transport_of(config),
                        "plugin": "faulty-wire",
                        "faults": dict(self.faults),
                    },
                }
                for party, config in configs.items()
            }


class TestNoFault(WithFaults):
    pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        ({"drop_every": 50}, "test_every_batch_arrives"),
        ({"lose_answer_every": 50}, "test_every_batch_is_answered_once"),
        ({"duplicate_every": 50}, "test_no_batch_arrives_twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_fault_is_caught_by_the_contract(
    fault: dict[str, int], promise: str, backend: str
) -> None:
    contract = type("Faults", (WithFaults,), {"faults": fault, "patience": 1.0})
    assert not kept_of(contract, [promise], backend)


@pytest.mark.parametrize(
    "faults",
    [
        {"drop_every": 3},
        {"lose_answer_every": 3},
        {"duplicate_every": 2},
        {"delay": "1ms"},
        {"drop_every": 7, "lose_answer_every": 5, "duplicate_every": 3, "delay": "1ms"},
    ],
    ids=str,
)
async def test_sessions_see_nothing_of_it(faults: dict[str, Any]) -> None:
    names = ("alice", "bob")
    faulty = Faulty(INMEMORY)

    def config(party: str) -> dict[str, Any]:
        given: dict[str, Any] = config_of(
            party, names, "faults", encode=True, limits={"retry_first": "1ms"}
        )
        given["transport"] |= {"plugin": "faulty-inmemory", "faults": faults}
        return given

    async def exchange(node: Node, peer: str) -> list[bytes]:
        came = []
        async with node.session(1) as session:
            for number in range(40):
                answers = await session.exchange(
                    {peer: b"%d of %s" % (number, node.party.encode())}
                )
                came.append(answers[peer])
                session.next_round()
        return came

    with anyio.fail_after(20):
        async with open_node(config("alice"), plugins=[faulty]) as alice:
            async with open_node(config("bob"), plugins=[faulty]) as bob:
                of_bob, of_alice = await together(
                    lambda: exchange(alice, "bob"), lambda: exchange(bob, "alice")
                )
    assert of_bob == [b"%d of bob" % number for number in range(40)]
    assert of_alice == [b"%d of alice" % number for number in range(40)]


def test_every_fault_is_off_unless_it_is_given() -> None:
    assert Faults() == Faults(drop_every=0, lose_answer_every=0, duplicate_every=0, delay=0.0)
