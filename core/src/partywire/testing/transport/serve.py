"""Promises about accepting connections."""

import anyio
import pytest

from partywire.errors import Rejected, TransportError, Unreachable
from partywire.session.lifetimes import background
from partywire.testing.samples import numbered
from partywire.testing.transport.scene import TransportScene
from partywire.testing.transport.stand import Line, Stand


class Serving(TransportScene):
    """Serving begins when it says so, ends when it is told to, and by nothing that comes in."""

    async def test_callers_can_come_in_once_it_has_started(self) -> None:
        """The first connection after ``task_status.started()`` is accepted."""
        async with self.parties("p1", "p2", serve=False) as scene:
            here, there = scene.stands
            await there.serve()
            async with here.line("p2"):
                await there.door.caller("p1")

    async def test_serving_ends_by_cancellation(self) -> None:
        """In bounded time, while callers are there and while one is being answered."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            group.start_soon(_try, call.line)
            await anyio.wait_all_tasks_blocked()
            await call.there.stop()

    async def test_serving_leaves_no_connection(self) -> None:
        """Each guest has left once serving has ended."""
        async with self.call() as call:
            await call.there.stop()
            await call.caller.left.wait()

    async def test_nobody_comes_in_after_serving(self) -> None:
        """A caller finds the peer `Unreachable`."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            await there.stop()
            with pytest.raises(Unreachable):
                async with here.connect("p2"):
                    pytest.fail("came in")

    async def test_a_party_can_serve_again(self) -> None:
        """Nothing of its former life is in its way."""
        async with self.parties("p1", "p2") as scene:
            for stand in scene.stands:
                await stand.stop()
                await stand.serve()
            await _works(scene.stands[0])

    async def test_a_rejected_batch_ends_its_connection(self) -> None:
        """A guest that raises `Rejected` is left, and the caller learns that it is lost."""
        async with self.call() as call:
            call.there.door.rejected.add(1)
            await _try(call.line)
            await call.line.channel.broken()
            await call.caller.left.wait()

    async def test_a_rejected_batch_ends_no_other_connection(self) -> None:
        """What others have to that party goes on."""
        async with self.parties("p1", "p2", "p3") as scene:
            p1, p2, p3 = scene.stands
            p2.door.rejected.add(1)
            async with p1.line("p2") as bad, p3.line("p2") as good:
                await _try(bad)
                await bad.channel.broken()
                await good.deliver(numbered(2))
                await good.answered(1)

    async def test_who_is_dismissed_is_gone(self) -> None:
        """Its guest is left, and the caller learns that it is lost; a batch that waits ends too."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            group.start_soon(_try, call.line)
            await anyio.wait_all_tasks_blocked()
            call.caller.dismiss(Rejected("p1", "dismissed by this test"))
            await call.line.channel.broken()
            await call.caller.left.wait()

    async def test_a_dismissal_ends_no_other_connection(self) -> None:
        """Neither of others, nor a further one of that party."""
        async with self.parties("p1", "p2", "p3") as scene:
            p1, p2, p3 = scene.stands
            async with p1.line("p2") as bad, p1.line("p2") as further, p3.line("p2") as good:
                p2.door.callers.all[0].dismiss(Rejected("p1", "dismissed by this test"))
                await bad.channel.broken()
                for line in (further, good):
                    await line.deliver(numbered(2))
                    await line.answered(1)

    async def test_a_setting_can_be_taken_again(self) -> None:
        """`prepare` takes the setting in use; then connections stand, and others can be made."""
        async with self.call() as call:
            for stand in call.scene.stands:
                take = await stand.transport.prepare(stand.setting, stand.setting)
                take()
            await call.line.deliver(numbered(1))
            await call.line.answered(1)
            await _works(call.here)

    async def test_a_refused_caller_does_not_stop_the_server(self) -> None:
        """One that the inbox refuses is gone, and others come in."""
        async with self.parties("p1", "p2", "p3") as scene:
            p1, p2, p3 = scene.stands
            p2.door.refused.add("p1")
            with pytest.raises(TransportError):
                async with p1.line("p2"):
                    pytest.fail("came in")
            await _works(p3)

    async def test_a_stranger_does_not_stop_the_server(self) -> None:
        """One whom nobody knows is gone, and others come in."""
        async with self.parties("p1", "p2") as scene:
            config = self.stranger(scene.configs)
            if config is None:
                pytest.skip("no stranger: this transport gives none")
            p1, p2 = scene.stands
            async with self.opened(scene.group, config) as (stranger,):
                with pytest.raises(TransportError):
                    async with stranger.line("p2"):
                        pytest.fail("came in")
            assert not p2.door.callers.all, "a stranger was let in"
            await _works(p1)


async def _try(line: Line) -> None:
    try:
        await line.deliver(numbered(1))
    except TransportError:
        return


async def _works(stand: Stand) -> None:
    async with stand.line("p2") as line:
        await line.deliver(numbered(2))
        await line.answered(1)
