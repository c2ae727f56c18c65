"""Where a transport is tested: parties of one network, each an open transport and a door."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import ClassVar

import anyio
import anyio.to_thread
import attrs
from anyio.abc import TaskGroup

from partywire.config import NodeConfig, load_config
from partywire.delivery.limits import MIB
from partywire.node.assembly import opened_attester, opened_verifiers
from partywire.plugins import Plugins
from partywire.session.lifetimes import background
from partywire.testing.contract import Contract
from partywire.testing.door import Caller, Door
from partywire.testing.transport.stand import Line, Stand

Config = Mapping[str, object]
Configs = Mapping[str, Config]


@attrs.frozen
class Scene:
    """The parties of one network, and the task group that serves them."""

    configs: Configs
    stands: Sequence[Stand]
    group: TaskGroup


@attrs.frozen
class Call:
    """A greeted connection of ``here`` to ``there``, and its two ends."""

    scene: Scene
    here: Stand
    there: Stand
    line: Line
    caller: Caller


class TransportScene(Contract, ABC):
    """What a transport's tests need to know, and the parties that they open.

    Attributes:
        plugins: plugin objects to hand in, for a transport that is not installed.
        most_unanswered: bytes of batches that one channel may take beyond what was answered, at
            most; the sum of all its queues and windows.
        quiet: seconds without a step after which a sender counts as stopped.
    """

    plugins: ClassVar[Sequence[object]] = ()
    most_unanswered: ClassVar[int] = 64 * MIB
    quiet: ClassVar[float] = 0.2

    @abstractmethod
    def network(self, parties: Sequence[str]) -> AbstractAsyncContextManager[Configs]:
        """Hold a network that nobody else uses, and give each party's config, as of a file."""

    @abstractmethod
    async def cut(self, configs: Configs) -> None:
        """Break every connection of that network as it stands, as a pulled cable would."""

    def stranger(self, configs: Configs) -> Config | None:
        """Return the config of a node that can call these parties and is in nobody's roster."""
        return None

    def impostor(self, configs: Configs, party: str) -> Config | None:
        """Return the config of a node that claims to be ``party``, in its place, without proof."""
        return None

    @property
    def most_batches(self) -> int:
        """How many batches of 1 MiB are more than a channel may take without an answer."""
        return self.most_unanswered // MIB + 2

    @asynccontextmanager
    async def parties(self, *names: str, serve: bool = True) -> AsyncIterator[Scene]:
        """Open a network of these parties, and a stand for each."""
        with anyio.fail_after(self.patience):
            async with (
                self.network(names) as configs,
                background() as group,
                self.opened(group, *configs.values()) as stands,
            ):
                for stand in stands if serve else ():
                    await stand.serve()
                yield Scene(configs, stands, group)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Open ``p1`` and ``p2``, and connect the first to the second."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.line("p2") as line:
                yield Call(scene, here, there, line, await there.door.caller("p1"))

    @asynccontextmanager
    async def opened(self, group: TaskGroup, *configs: Config) -> AsyncIterator[list[Stand]]:
        """Open a stand for each config; they serve in tasks of ``group``, once told to."""
        async with AsyncExitStack() as stack:
            stands = []
            for config in await anyio.to_thread.run_sync(_loaded, configs, self.plugins):
                attester = await opened_attester(config, stack)
                setting = config.setting(config.transport, attester)
                opened = config.transport.descriptor.open(setting)
                transport = await stack.enter_async_context(opened)
                door = Door(config.peers, opened_verifiers(config).all)
                stands.append(Stand(setting, transport, door, group))
                stack.push_async_callback(stands[-1].stop)
            yield stands


def _loaded(configs: Iterable[Config], plugins: Sequence[object]) -> list[NodeConfig]:
    found = Plugins(plugins)
    return [load_config(config, found) for config in configs]
