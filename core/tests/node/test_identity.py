"""A program asks its node who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.tests.node.stage import Bob, stage
from partywire.errors import NotInRoster, Unreachable

if TYPE_CHECKING:
    from core.tests.node.stage import Stage

ONCE: dict[str, object] = {"retry_first": "1h", "retry_longest": "1h"}


async def test_the_identity_of_a_peer_is_what_it_has_proved_on_the_connection_that_stands() -> None:
    bob = Bob()
    bob.claims, bob.valid_until = {"release": "1.4.0"}, bob.wall + 60.0
    async with stage(bob, **ONCE) as there:
        assert there.alice.identity("bob") is None
        await bob.calls()
        await there.alice.ready()
        identity = there.alice.identity("bob")
        assert identity is not None
        assert (identity.party, dict(identity.claims)) == ("bob", {"release": "1.4.0"})
        assert identity.valid_until == bob.valid_until
        bob.claims = {"release": "1.4.1"}
        await there.alice.reload()
        identity = there.alice.identity("bob")
        assert identity is not None
        assert dict(identity.claims) == {"release": "1.4.1"}
        bob.refuses = True
        await there.alice.reload()
        await there.until(lambda: there.alice.identity("bob") is None)
        with pytest.raises(NotInRoster):
            there.alice.identity("carol")


async def test_the_log_says_who_is_there_when_that_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.claims = {"release": "1.4.0", "level": "bound\x1b"}
    async with stage(bob) as there:
        with caplog.at_level("INFO", "partywire"):
            await bob.calls()
            await there.alice.ready()
            await again(there)
            bob.claims = {}
            await again(there)
    said = [each for each in caplog.messages if each.startswith("connected")]
    assert said == ["connected to bob, level bound\\x1b, release 1.4.0", "connected to bob"]


async def again(there: Stage) -> None:
    """Have the connection made anew."""
    before = len(there.bob.connections)
    there.alice._engine._couriers["bob"].end(Unreachable("bob", "by the test"))
    await there.until(
        lambda: len(there.bob.connections) > before and there.alice.identity("bob") is not None
    )
