"""The contract of a plugin: its hooks, its descriptor, its keys, its entry point."""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Final

import attrs
import pytest

from partywire import hookspecs
from partywire.config import Chosen, NodeConfig, describe_keys, load_config
from partywire.delivery.agenda import Agenda
from partywire.delivery.limits import Limits
from partywire.delivery.table import SessionTable
from partywire.errors import ConfigInvalid
from partywire.hookspecs import TransportDescriptor
from partywire.interfaces import IdentityVerifier, SessionRouter, Transport
from partywire.node.router import LocalRouter
from partywire.plugins import Plugins
from partywire.setting import Attester
from partywire.testing.contract import Contract
from partywire.testing.tasks import no_task_left

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OPENS: Final = {
    "transport": Transport,
    "verifier": IdentityVerifier,
    "attester": Attester,
    "router": SessionRouter,
}
_NO_SUCH_KEY: Final = "no_such_key"
_MISSING: Final = str(Path("no such folder", "no such file").absolute())


class PluginContract(Contract, ABC):
    """What a plugin promises, for one thing that it registers.

    Attributes:
        plugin: the module or object with the hooks.
        kind: ``"transport"``, ``"verifier"``, ``"attester"`` or ``"router"``.
        name: the name that a config gives.
        distribution: who has the entry point, or None for a plugin that programs hand in.
    """

    plugin: ClassVar[object]
    kind: ClassVar[str]
    name: ClassVar[str]
    distribution: ClassVar[str | None]

    @abstractmethod
    def config(self) -> Mapping[str, Any]:
        """Return the config of a node that names it, as of a file, with all keys that it has."""

    def test_its_hooks_are_synchronous(self) -> None:
        """A hook returns descriptors and waits for nothing."""
        for hook in self._hooks():
            assert not inspect.iscoroutinefunction(hook), f"{hook} is async"
            assert not inspect.isasyncgenfunction(hook), f"{hook} is async"

    def test_it_is_found_by_its_name(self) -> None:
        """Every hook is known, and one of them registers that name, once."""
        assert self._descriptor().name == self.name

    def test_its_hooks_say_the_same_each_time(self) -> None:
        """What is registered does not depend on what was asked before."""
        for hook in self._hooks():
            first, second = list(hook()), list(hook())
            assert [each.name for each in first] == [each.name for each in second]

    def test_its_descriptor_is_frozen(self) -> None:
        """Nobody can change what was registered."""
        descriptor = self._descriptor()
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            descriptor.name = "another"

    def test_its_name_is_lower_case_words(self) -> None:
        """Letters and digits, joined by hyphens, as it stands in configs and entry points."""
        assert _NAME.fullmatch(self.name), f"{self.name!r} is no such name"

    def test_its_config_is_read(self) -> None:
        """The config that names it is without a mistake."""
        self._loaded()

    def test_its_keys_are_frozen(self) -> None:
        """What was read from a config cannot be changed."""
        for keys in self._keys():
            for field in attrs.fields(type(keys)):
                with pytest.raises(attrs.exceptions.FrozenInstanceError):
                    setattr(keys, field.name, None)

    def test_every_key_has_a_text(self) -> None:
        """A docstring below the field says what the key is for."""
        dumb = [
            f"{kind.__name__}.{key.name}"
            for kind in self._key_classes()
            for key in describe_keys(kind)
            if not key.text
        ]
        assert not dumb, f"keys without a text: {', '.join(dumb)}"

    def test_an_unknown_key_is_refused(self) -> None:
        """And the mistake names it."""
        self._refuses(self._having(_NO_SUCH_KEY, 1), _NO_SUCH_KEY)

    def test_a_file_that_is_missing_is_told(self) -> None:
        """At each key that names one, when the config is read: ``check`` sees it, if not before."""
        chosen = self._chosen(self._loaded())
        for key in _files(chosen.config):
            self._refuses(self._having(key, _MISSING), key)
        for key in {key for keys in chosen.peers.values() for key in _files(keys)}:
            config = self.config()
            peers = [{**peer, key: _MISSING} for peer in config["peer"]]
            self._refuses({**config, "peer": peers}, key)

    def test_its_remarks_are_lines(self) -> None:
        """Of printable text, in a list: what ``partywire check`` prints of a sound config."""
        config, remarks = self._loaded(), getattr(self._descriptor(), "remarks", None)
        said = [] if remarks is None else remarks(config.setting(self._chosen(config)))
        assert isinstance(said, (list, tuple)), f"{type(said).__name__} instead of a list"
        assert all(isinstance(line, str) and line.isprintable() for line in said), f"{said}"

    def test_what_it_proves_it_verifies(self) -> None:
        """A transport that proves something brings its verifier, and one with a verifier proves."""
        descriptor = self._descriptor()
        if isinstance(descriptor, TransportDescriptor):
            assert bool(descriptor.proves) == (descriptor.verifier is not None)

    async def test_it_opens_to_what_it_is(self) -> None:
        """``open`` gives a transport, a verifier, an attester or a router, and leaves no task."""
        config = self._loaded()
        async with no_task_left(), AsyncExitStack() as stack:
            opened = self._open(config)
            if self.kind == "verifier":
                opened = nullcontext(opened)
            thing = await stack.enter_async_context(opened)
            kind = _OPENS[self.kind]
            assert isinstance(thing, kind), f"{type(thing).__name__} is no {kind.__name__}"

    def test_its_entry_point_leads_to_it(self) -> None:
        """The distribution has an entry ``<kind>.<name>`` in the group ``partywire``."""
        if self.distribution is None:
            pytest.skip("handed in by programs, without an entry point")
        found = [
            each.distribution
            for each in Plugins().installed()
            if (each.kind, each.name) == (self.kind, self.name)
        ]
        assert found == [self.distribution], f"claimed by {found}"

    def _plugins(self) -> Plugins:
        return Plugins([self.plugin] if self.distribution is None else [])

    def _descriptor(self) -> Any:
        return getattr(self._plugins(), self.kind)(self.name)

    def _hooks(self) -> list[Any]:
        names = [name for name in vars(hookspecs) if name.startswith("register_")]
        found = [getattr(self.plugin, name, None) for name in names]
        return [hook for hook in found if hook is not None]

    def _loaded(self) -> NodeConfig:
        return load_config(self.config(), self._plugins())

    def _having(self, key: str, value: object) -> dict[str, Any]:
        """Return the config with a key in the tables of this plugin."""
        config = dict(self.config())
        tables = config[self.kind]
        given = tables if isinstance(tables, list) else [tables]
        had = [{**each, key: value} if each["plugin"] == self.name else each for each in given]
        config[self.kind] = had if isinstance(tables, list) else had[0]
        return config

    def _refuses(self, config: Mapping[str, Any], key: str) -> None:
        with pytest.raises(ConfigInvalid) as caught:
            load_config(config, self._plugins())
        named = [mistake.key for mistake in caught.value.mistakes]
        assert any(each.endswith(f".{key}") for each in named), f"no mistake at {key}: {named}"

    def _chosen(self, config: NodeConfig) -> Chosen[Any]:
        several = {"verifier": config.verifiers}.get(self.kind, ())
        chosen = [*several, getattr(config, self.kind, None)]
        found = [each for each in chosen if each and each.descriptor.name == self.name]
        assert found, f"the config that config() returns names no {self.kind} {self.name!r}"
        return found[0]

    def _keys(self) -> list[Any]:
        chosen = self._chosen(self._loaded())
        return [chosen.config, *chosen.peers.values()]

    def _key_classes(self) -> list[type]:
        descriptor = self._descriptor()
        return [descriptor.config, *filter(None, [getattr(descriptor, "peer", None)])]

    def _open(self, config: NodeConfig) -> Any:
        chosen = self._chosen(config)
        given = [config.setting(chosen)]
        if self.kind == "router":
            table = SessionTable(config.peers, Limits(), Agenda(lambda: 0.0), bytes(16))
            return chosen.descriptor.open(*given, LocalRouter(table))
        return chosen.descriptor.open(*given)


def _files(keys: Any) -> list[str]:
    """Return which keys name a file."""
    names = [field.name for field in attrs.fields(type(keys)) if field.init]
    return [name for name in names if isinstance(getattr(keys, name), Path)]
