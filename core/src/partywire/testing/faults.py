"""Faults for tests, over any transport: what a network does at its worst, where one can count.

A connection that breaks, an answer that is lost, a batch that comes twice, and delay. They are put
in at the seam of `Channel`, so the transport below is the real one.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import anyio
import attrs
from anyio.abc import TaskStatus

from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.limits import Between, Unit
from partywire.delivery.records import Batch, Receipt
from partywire.errors import TransportError, Unreachable
from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.inbox import Inbox
from partywire.interfaces import Answered, Channel, Judge, Transport

if TYPE_CHECKING:
    from partywire.identity import Identity


@attrs.frozen
class Faults:
    """What goes wrong, and when: the keys of ``[transport.faults]``.

    The batches that a party delivers to one peer are counted from 1, over all connections.
    """

    drop_every: Annotated[int, Between(0, 1 << 31)] = 0
    """Lose the connection instead of every so many-th batch; 0 for never."""
    lose_answer_every: Annotated[int, Between(0, 1 << 31)] = 0
    """Lose the connection after every so many-th batch, before its answer; 0 for never."""
    duplicate_every: Annotated[int, Between(0, 1 << 31)] = 0
    """Deliver every so many-th batch twice; 0 for never."""
    delay: Annotated[float, Unit("seconds"), Between(0.0, 3600.0)] = 0.0
    """How long each batch waits before it is delivered."""


class Faulty:
    """A plugin object: the transport ``faulty-<name>``, which is another one with faults.

    Its table in the config has the keys of that transport, and a table ``faults``.
    """

    def __init__(self, descriptor: TransportDescriptor) -> None:
        """Put faults over the transport of that descriptor."""
        self._inner = descriptor
        self._config: type[Any] = attrs.make_class(
            f"Faulty{descriptor.config.__name__}",
            {"faults": attrs.field(type=Faults, factory=Faults, kw_only=True)},
            bases=(descriptor.config,),
            frozen=True,
        )

    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        """Return the transport with faults."""
        name = f"faulty-{self._inner.name}"
        return [attrs.evolve(self._inner, name=name, open=self._open, config=self._config)]

    @asynccontextmanager
    async def _open(self, setting: Setting) -> AsyncIterator[Transport]:
        async with self._inner.open(setting) as transport:
            yield FaultyTransport(transport, setting.config.faults)


class FaultyTransport(Transport):
    """A transport whose own connections have faults; those that come in have none."""

    def __init__(self, transport: Transport, faults: Faults) -> None:
        """Put faults over an open transport."""
        self._transport = transport
        self._faults = faults
        self._counts: dict[str, int] = {}

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Serve as the transport below does."""
        await self._transport.serve(inbox, task_status=task_status)

    def connect(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Channel]:
        """Connect as the transport below does."""
        return self._connect(peer, judge)

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        """Change as the transport below does."""
        return await self._transport.prepare(setting, former)

    def count(self, peer: str) -> int:
        """Count one more batch for that peer."""
        self._counts[peer] = self._counts.get(peer, 0) + 1
        return self._counts[peer]

    @asynccontextmanager
    async def _connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        async with self._transport.connect(peer, judge) as channel:
            yield FaultyChannel(channel, peer, self, self._faults)


class FaultyChannel(Channel):
    """A connection with faults. Every delivery waits for its turn: none is made at once."""

    def __init__(
        self, channel: Channel, peer: str, transport: FaultyTransport, faults: Faults
    ) -> None:
        """Put faults over a channel."""
        self.identity: Identity = channel.identity
        self._channel = channel
        self._peer = peer
        self._transport = transport
        self._faults = faults
        self._lost: TransportError | None = None
        self._ended = anyio.Event()

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Greet without faults, while the connection stands."""
        self._raise_if_lost()
        return await self._channel.greet(hello)

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        """Deliver a batch, or let happen to it what its number says."""
        self._raise_if_lost()
        faults, number = self._faults, self._transport.count(self._peer)
        if faults.delay:
            await anyio.sleep(faults.delay)
        if _is_due(number, faults.drop_every):
            self._lose("lost by a fault before a batch")
            self._raise_if_lost()
        silent = _is_due(number, faults.lose_answer_every)
        await self._channel.deliver(batch, _ignore if silent else self._unless_lost(answered))
        if _is_due(number, faults.duplicate_every):
            await self._channel.deliver(batch, _ignore)
        if silent:
            self._lose("lost by a fault before an answer")

    async def broken(self) -> TransportError:
        """Wait until the connection is lost, by a fault or below."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, group.cancel_scope)
            await self._ended.wait()
            group.cancel_scope.cancel()
        self._ended.set()
        return self._lost or Unreachable(self._peer, "the connection ended")

    async def _watch(self, scope: anyio.CancelScope) -> None:
        error = await self._channel.broken()
        self._lost = self._lost or error
        scope.cancel()

    def _unless_lost(self, answered: Answered) -> Answered:
        def come(receipt: Receipt) -> None:
            if self._lost is None:
                answered(receipt)

        return come

    def _lose(self, problem: str) -> None:
        self._lost = self._lost or Unreachable(self._peer, problem)
        self._ended.set()

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise self._lost.again()


def _is_due(number: int, every: int) -> bool:
    return every > 0 and number % every == 0


def _ignore(_receipt: Receipt) -> None:
    """The answer that nobody gets."""
