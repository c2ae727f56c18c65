"""What a probe of a peer is told of our connection to it: a code, and nothing of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from anyio.lowlevel import checkpoint

from core.tests.node.stage import Bob, stage
from partywire.delivery.hello import NONCE, PROBE, Hello, Way, WayBack, Welcome

if TYPE_CHECKING:
    from core.tests.node.stage import Stage
    from partywire.inbox import Guest


class BobOfTheTest(Bob):
    """Has a clock that the test holds."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.now = lambda: self.clock


async def told(there: Stage, guest: Guest | None = None) -> WayBack:
    """What a probe of Bob's is told."""
    probe = attrs.evolve(there.bob.introduction(), kind=PROBE)
    guest = guest or there.bob.knocks()
    second = await guest.greet(probe.step(nonce=bytes(NONCE)))
    assert isinstance(second, Hello)
    end = await guest.greet(probe.step(echo=second.nonce))
    guest.leave()
    assert isinstance(end, Welcome)
    assert end.way_back
    return end.way_back


async def until(there: Stage, way: Way) -> None:
    """Let the node go on until a probe is told of that way."""
    while (await told(there)).way is not way:
        await checkpoint()


async def test_a_node_without_a_reason_has_not_tried() -> None:
    bob = BobOfTheTest()
    async with stage(bob) as there:
        assert (await told(there)).way is Way.UNTRIED
        bob.clock += 7.0
        assert await told(there) == WayBack(Way.UNTRIED, 7.0)
        assert bob.tries == 0


async def test_a_connection_that_stands_is_told_with_its_age() -> None:
    bob = BobOfTheTest()
    async with stage(bob) as there, there.alice.session(1):
        await until(there, Way.CONNECTED)
        bob.clock += 30.0
        assert await told(there) == WayBack(Way.CONNECTED, 30.0)


async def test_a_peer_that_is_out_of_reach_is_told_since_when_and_no_more() -> None:
    bob = BobOfTheTest()
    bob.reachable = False
    async with stage(bob, give_up="1h") as there, there.alice.session(1):
        await until(there, Way.UNREACHABLE)
        tries, bob.clock = bob.tries, 600.0
        await there.until(lambda: bob.tries > tries)
        assert await told(there) == WayBack(Way.UNREACHABLE, 600.0)


async def test_one_that_is_refused_at_its_address_is_told_so() -> None:
    """The probe came in before, by the same verifier."""
    async with stage() as there:
        guest = there.bob.knocks()
        there.bob.refuses = True
        async with there.alice.session(1):
            await there.until(lambda: there.bob.tries > 1)
            assert (await told(there, guest)).way is Way.REFUSED


async def test_one_who_breaks_a_rule_there_is_told_so() -> None:
    bob = Bob()
    bob.named = "carol"
    async with stage(bob) as there, there.alice.session(1):
        await there.until(lambda: bob.tries > 1)
        assert (await told(there)).way is Way.TURNED_AWAY
