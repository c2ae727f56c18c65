"""A config that is read again, at one node whose only peer does what the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.node.stage import Bob, Stage, stage
from partywire.delivery.hello import roster_fingerprint
from partywire.errors import (
    ConfigInvalid,
    Mistake,
    NodeClosed,
    NotInRoster,
    NotReady,
    PeerRemoved,
)
from partywire.node import node, reloading

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.hookspecs import Setting

ONCE: dict[str, object] = {"retry_first": "1h", "retry_longest": "1h"}


class Changing(Bob):
    """A transport that takes any roster, and waits with its answer until it may give it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.taken = 0
        self.may_prepare = anyio.Event()
        self.may_prepare.set()
        self.mistaken = False
        self._news = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a call after which that holds: a config is read in a thread, beside us."""
        while not condition():
            await self._news.wait()

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        self.asked += 1
        self._ring()
        await self.may_prepare.wait()
        if self.mistaken:
            raise ConfigInvalid("a test", [Mistake("transport.mood", "not today")])
        return self.take

    def take(self) -> None:
        self.taken += 1
        self._ring()


def changed(there: Stage, *peers: str, **tables: Any) -> dict[str, Any]:
    """The config on stage, with these peers."""
    source = there.alice._source
    assert isinstance(source, dict)
    return {**source, "peer": [{"id": peer} for peer in peers or ("bob",)], **tables}


async def connected(there: Stage) -> None:
    await there.bob.calls()
    await there.alice.ready()


async def test_the_end_of_an_identity_moves_in_both_directions() -> None:
    """To a later time, and to an earlier one."""
    bob, clock = Bob(), [0.0]
    bob.now = lambda: clock[0]
    bob.valid_until = bob.wall + 10.0
    async with stage(bob, **ONCE) as there:
        await connected(there)
        bob.valid_until += 10.0
        await there.alice.reload()
        clock[0], bob.wall = 15.0, bob.wall + 15.0
        await looked(there)
        await there.alice.ready(timeout=0)
        bob.valid_until -= 4.0
        await there.alice.reload()
        clock[0], bob.wall = 16.0, bob.wall + 1.0
        await looked(there)
        await there.until(lambda: bob.line.closed and len(bob.dismissed) == 1)


async def test_who_is_out_of_date_is_refused_at_the_reload_itself() -> None:
    bob, clock = Bob(), [0.0]
    bob.now = lambda: clock[0]
    async with stage(bob, **ONCE) as there:
        await connected(there)
        bob.valid_until = bob.wall
        await there.alice.reload()
        await there.until(lambda: bob.line.closed)
        (problem,) = bob.dismissed
        assert "out of date" in str(problem)


async def test_one_that_is_being_greeted_is_judged_again_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.may_greet = anyio.Event()
    async with stage(bob, **ONCE) as there:
        with pytest.raises(NotReady):
            await there.alice.ready(timeout=0)
        await there.until(lambda: bool(bob.connections) and bob.line.hellos == 1)
        bob.refuses = True
        await there.alice.reload()
        await there.until(lambda: bob.line.closed)
        with pytest.raises(NotReady, match="refused on stage"):
            await there.alice.ready(timeout=0)
        assert caplog.text.count("refused on stage") == 1


async def test_an_end_that_moved_while_it_was_greeted_counts() -> None:
    bob, clock = Bob(), [0.0]
    bob.now = lambda: clock[0]
    bob.may_greet = anyio.Event()
    async with stage(bob, **ONCE) as there:
        with pytest.raises(NotReady):
            await there.alice.ready(timeout=0)
        await there.until(lambda: bool(bob.connections) and bob.line.hellos == 1)
        bob.valid_until = bob.wall + 10.0
        await there.alice.reload()
        bob.may_greet.set()
        await bob.calls()
        await there.alice.ready()
        clock[0], bob.wall = 10.0, bob.valid_until
        await looked(there)
        await there.until(lambda: bob.line.closed)


async def test_a_caller_that_has_not_greeted_is_judged_again_too() -> None:
    async with stage(Bob(), **ONCE) as there:
        there.bob.knocks()
        there.bob.refuses = True
        await there.alice.reload()
        assert len(there.bob.dismissed) == 1


async def test_what_the_transport_finds_changes_nothing() -> None:
    bob = Changing()
    async with stage(bob, **ONCE) as there:
        await connected(there)
        bob.mistaken = bob.refuses = True
        with pytest.raises(ConfigInvalid, match="not today"):
            await there.alice.reload(changed(there, "carol"))
        assert (there.alice.peers, bob.asked, bob.taken) == (("bob",), 1, 0)
        await there.alice.ready(timeout=0)
        assert not bob.dismissed


async def test_the_transport_is_not_asked_about_a_config_that_is_wrong() -> None:
    bob = Changing()
    async with stage(bob) as there:
        for config in (
            changed(there, party={"id": "dave"}),
            changed(there, limits={"window": "1MiB"}),
            changed(there, chance={}),
        ):
            with pytest.raises(ConfigInvalid):
                await there.alice.reload(config)
        assert bob.asked == 0


async def test_a_reload_that_is_cancelled_changes_nothing() -> None:
    bob = Changing()
    bob.may_prepare = anyio.Event()
    async with stage(bob) as there:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(there.alice.reload, changed(there, "carol"))
                await bob.until(lambda: bob.asked == 1)
                scope.cancel()
        bob.may_prepare.set()
        assert (there.alice.peers, bob.taken) == (("bob",), 0)
        await there.alice.reload(changed(there, "carol"))
        assert there.alice.peers == ("carol",)


async def test_one_reload_waits_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not even read its config before."""
    reads: list[object] = []

    async def noted(source: Any, plugins: Any) -> Any:
        reads.append(source)
        return await reloading.read(source, plugins)

    monkeypatch.setattr(node, "read", noted)
    bob = Changing()
    bob.may_prepare = anyio.Event()
    async with stage(bob) as there, anyio.create_task_group() as group:
        reads.clear()
        group.start_soon(there.alice.reload, changed(there, "carol"))
        await bob.until(lambda: bob.asked == 1)
        group.start_soon(there.alice.reload, changed(there, "bob", "dave"))
        for _ in range(10):
            await checkpoint()
        assert (len(reads), bob.asked) == (1, 1)
        bob.may_prepare.set()
        await bob.until(lambda: bob.taken == 2)
        assert there.alice.peers == ("bob", "dave")


async def test_a_node_that_closes_meanwhile_changes_nothing() -> None:
    bob = Changing()
    bob.may_prepare = anyio.Event()
    errors: list[NodeClosed] = []

    async def reload(there: Stage) -> None:
        try:
            await there.alice.reload(changed(there, "carol"))
        except NodeClosed as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        async with stage(bob) as there:
            group.start_soon(reload, there)
            await bob.until(lambda: bob.asked == 1)
        bob.may_prepare.set()
    assert len(errors) == 1
    assert (there.alice.peers, bob.taken) == (("bob",), 0)


async def test_one_that_is_called_while_it_is_removed_is_called_no_more() -> None:
    bob = Changing()
    bob.may_greet = anyio.Event()
    async with stage(bob, retry_first="1ms") as there:
        async with there.alice.session(1) as session:
            await there.until(lambda: bool(bob.connections) and bob.line.hellos == 1)
            await there.alice.reload(changed(there, "carol"))
            with pytest.raises(PeerRemoved):
                await session.receive("bob")
            await there.until(lambda: bob.line.closed)
            bob.may_greet.set()
            tries = bob.tries
            for _ in range(50):
                await checkpoint()
            assert bob.tries == tries


async def test_a_caller_that_is_removed_goes_and_does_not_come_back() -> None:
    bob = Changing()
    async with stage(bob) as there:
        await connected(there)
        await there.alice.reload(changed(there, "carol"))
        assert [str(each) for each in bob.dismissed] == ["bob: is not in the roster any more"]
        with pytest.raises(NotInRoster):
            await there.alice.ready(peers=["bob"])
        assert there.alice._engine._reception._gates == {}


async def test_a_session_that_was_made_before_and_is_entered_after_a_removal_is_not_opened() -> (
    None
):
    bob = Changing()
    async with stage(bob) as there:
        session = there.alice.session(1)
        await there.alice.reload(changed(there, "carol"))
        with pytest.raises(NotInRoster):
            await session.__aenter__()
        async with there.alice.session(1, parties=["alice", "carol"]):
            pass


async def test_the_hello_tells_the_present_roster() -> None:
    async with stage(Changing()) as there:
        introduction = there.alice._engine._parts.introduction
        for peers in (("bob",), ("bob", "carol"), ("carol",)):
            await there.alice.reload(changed(there, *peers))
            entries = [(party, "") for party in ("alice", *peers)]
            assert introduction.step().roster == roster_fingerprint(entries)


async def test_settings_of_sessions_count_for_those_that_are_opened_later() -> None:
    async with stage() as there, there.alice.session(1):
        await there.alice.reload(changed(there, session={"timing": "synchronous"}))
        async with there.alice.session(2):
            before, after = there.alice._engine._table.sessions()
            assert before.clock is None
            assert after.clock is not None


async def looked(there: Stage) -> None:
    """Let the node look at its appointments."""
    there.alice._engine._table.agenda.soon(lambda: None)
    for _ in range(20):
        await checkpoint()
