"""A process that is killed and started again is another life, and everybody is told by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import PeerRestarted
from tests.children import child
from tests.interaction.scenes import opened, tasks
from tests.mesh import mesh
from tests.sizes import PATIENCE

if TYPE_CHECKING:
    from partywire import Session

ECHO = "tests.echo"


async def echoed(session: Session, party: str, payload: bytes) -> None:
    await session.send(party, payload, label=0)
    assert await session.receive(party, label=0) == payload


async def next_of_p3(session: Session) -> bytes:
    return await session.receive("p3", label=0)


async def test_a_process_killed_and_started_again_is_recognised(
    anyio_backend_name: str,
) -> None:
    net = mesh(["p1", "p2", "p3"], limits={"heartbeat": "500ms", "retry_first": "5ms"})
    config = json.dumps(net.configs["p3"])
    with anyio.fail_after(PATIENCE):
        async with (
            net.nodes("p1", "p2") as nodes,
            tasks() as beside,
            child(ECHO, anyio_backend_name, config, "bound") as first,
        ):
            assert await first.line() == "open"
            async with (
                opened(nodes, "bound", labels=True, timing="asynchronous") as bound,
                opened(nodes, "later", labels=True, timing="asynchronous") as later,
            ):
                for session in bound:
                    await echoed(session, "p3", b"of the first life")
                parked = [beside.start(next_of_p3, session) for session in bound]
                for session in bound:
                    await beside.parked(session)
                await first.kill()
                await later[0].send("p3", b"for whoever comes", label=0)
                async with child(ECHO, anyio_backend_name, config, "bound", "later") as second:
                    assert await second.line() == "open"
                    for task in parked:
                        assert (await task.error(PeerRestarted)).party == "p3"
                    said = {await second.line() for _ in bound}
                    assert said == {f"bound {party} PeerAborted" for party in nodes}
                    assert await later[0].receive("p3", label=0) == b"for whoever comes"
                    for session in later:
                        await echoed(session, "p3", b"of the second life")
                    await bound[0].send("p2", b"the others go on", label=0)
                    assert await bound[1].receive("p1", label=0) == b"the others go on"
                    with pytest.raises(PeerRestarted):
                        await bound[0].send("p3", b"too late", label=0)
                    assert await second.ends() == 0
