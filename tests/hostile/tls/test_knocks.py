"""A flood of strangers who knock: the node looks at who is absent at its own pace all the same."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import anyio

from partywire_grpc import transport
from partywire_grpc.lookout import Lookout
from partywire_grpc_mtls.groups import client_hello
from tests.hostile.port.http2 import BROKEN, HOST
from tests.hostile.tls.village import Papers, village

if TYPE_CHECKING:
    import pytest
    from anyio.abc import ByteStream

PATIENCE: Final = 50.0
PAUSE: Final = 0.02
"""Seconds of a first rest; each is twice as long as the one before it."""
STRANGERS: Final = 8
KNOCKS: Final = 300
LOOKS: Final = 6
"""Until there were so many of both, strangers go on."""


class Absent:
    """A port at which a party should be, and where nobody says a word; tells who comes to look."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.enough = anyio.Event()

    async def stand(self, _: ByteStream) -> None:
        """Hang up at once. The look has not ended before."""
        self.times.append(anyio.current_time())
        if len(self.times) == LOOKS:
            self.enough.set()


class Strangers:
    """They begin handshakes, and hang up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._left = KNOCKS
        self.enough = anyio.Event()

    async def knock(self) -> None:
        """Do so until cancelled."""
        while True:
            with suppress(OSError, *BROKEN):
                async with await anyio.connect_tcp(HOST, self._port) as stream:
                    await stream.send(client_hello())
            self._left -= 1
            if not self._left:
                self.enough.set()


async def test_a_flood_of_knocks_sets_no_pace(
    known: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only alice has bob in her roster, so each look at him is one of hers."""
    monkeypatch.setattr(transport, "Lookout", partial(Lookout, pause=PAUSE))
    bob = Absent()
    with anyio.fail_after(PATIENCE):
        async with village(known, erin=["alice"]) as there, there.standing("bob", bob.stand):
            strangers = Strangers(there.ports["alice"])
            async with anyio.create_task_group() as group:
                for _ in range(STRANGERS):
                    group.start_soon(strangers.knock)
                await strangers.enough.wait()
                await bob.enough.wait()
                await there.goes_on()
                group.cancel_scope.cancel()
    pauses = [later - earlier for earlier, later in pairwise(bob.times[:LOOKS])]
    assert all(pause >= PAUSE * 2**place for place, pause in enumerate(pauses)), pauses
