"""A sound plugin, and broken ones."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from partywire.hookspecs import KeyMistake, TransportDescriptor, hookimpl
from partywire.testing import PluginContract
from tests.conformance.broken.closing import leak
from tests.conformance.passwords import PasswordVerifier, WireConfig
from tests.conformance.running import Broken
from tests.conformance.stages import wire_config
from tests.conformance.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from partywire.hookspecs import Setting


class OfWires(PluginContract):
    subject: ClassVar[type[Wire]] = Wire
    kind = "transport"
    name = "wire"
    distribution = None

    @property
    def plugin(self) -> object:  # type: ignore[override]
        return self.subject()

    def config(self) -> Mapping[str, Any]:
        config = wire_config("p1", ["p1", "p2"], {"p1": 1, "p2": 2})
        return {**config, "transport": {**self.own_keys(config), "plugin": self.name}}

    def own_keys(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return dict(config["transport"])


class Changed(Wire):
    """Registers a descriptor that was changed."""

    def changes(self) -> dict[str, Any]:
        return {}

    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        return [attrs.evolve(each, **self.changes()) for each in super().register_transports()]


class IsAsync(Wire):
    @hookimpl
    async def register_verifiers(self) -> Sequence[Any]:
        return ()


class Misspelt(Wire):
    @hookimpl
    def register_transport(self) -> Sequence[Any]:
        return ()


class Counts(Wire):
    calls = 0

    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        self.calls += 1
        found = super().register_transports()
        return [*found, attrs.evolve(found[0], name=f"wire-{self.calls}")]


@attrs.define(slots=False)
class Loose(TransportDescriptor):
    """A descriptor that can be changed."""

    __setattr__ = object.__setattr__


class NotFrozen(Wire):
    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        (each,) = super().register_transports()
        return [Loose(**{name: getattr(each, name) for name in attrs.fields_dict(type(each))})]


@attrs.define
class LooseConfig:
    port: int
    """Where it listens."""
    password: str
    """What it shows."""


class KeysNotFrozen(Changed):
    def changes(self) -> dict[str, Any]:
        return {"config": LooseConfig}


@attrs.frozen
class Wordless:
    port: int
    password: str


class KeysWithoutText(Changed):
    def changes(self) -> dict[str, Any]:
        return {"config": Wordless}


@attrs.frozen
class Guessing:
    port: dict[str, int] | int
    """What cannot be read."""
    password: str
    """What it shows."""


class KeysThatCannotBeRead(Changed):
    def changes(self) -> dict[str, Any]:
        return {"config": Guessing}


@attrs.frozen
class Taking(WireConfig):
    no_such_key: int = 0
    """A key for anything."""


class TakesAnyKey(Changed):
    def changes(self) -> dict[str, Any]:
        return {"config": Taking}


class ProvesNothing(Changed):
    def changes(self) -> dict[str, Any]:
        return {"proves": frozenset()}


class OpensToAnother(Changed):
    def changes(self) -> dict[str, Any]:
        @asynccontextmanager
        async def opened(setting: Setting) -> AsyncIterator[Any]:
            yield PasswordVerifier(setting)

        return {"open": opened}


class OpensAndLeaks(Changed):
    def changes(self) -> dict[str, Any]:
        @asynccontextmanager
        async def opened(setting: Setting) -> AsyncIterator[Any]:
            leak()
            async with self._open(setting) as transport:
                yield transport

        return {"open": opened}


@attrs.frozen
class Filed(WireConfig):
    notes: Path
    """A file."""


class LooksAtNoFile(Changed):
    """Reads its file when it is opened; see ``OfFiles``."""

    def changes(self) -> dict[str, Any]:
        return {"config": Filed}


class OfFiles(OfWires):
    def own_keys(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().own_keys(config), "notes": __file__}


class LooksAtItsFile(Changed):
    """Sound, with a file."""

    def changes(self) -> dict[str, Any]:
        def check(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
            found = setting.config.notes.is_file()
            return [] if found else [KeyMistake("notes", "it is no file")]

        return {"config": Filed, "check": check}


class RemarksInOneText(Changed):
    def changes(self) -> dict[str, Any]:
        return {"remarks": lambda _: "all is well"}


class Shouts(Changed):
    """Its name is no name for a config; see ``OfShouts``."""

    def changes(self) -> dict[str, Any]:
        return {"name": "Wire!"}


class OfShouts(OfWires):
    name = "Wire!"


class NobodysEntry(Wire):
    """Has no entry point; see ``OfEntries``."""


class OfEntries(OfWires):
    distribution = "partywire"  # type: ignore[assignment]


SYNC = "test_its_hooks_are_synchronous"
FOUND = "test_it_is_found_by_its_name"
SAME = "test_its_hooks_say_the_same_each_time"
READ = "test_its_config_is_read"
OPENS = "test_it_opens_to_what_it_is"
ENTRY = "test_its_entry_point_leads_to_it"
PROVES = "test_what_it_proves_it_verifies"
UNKNOWN = "test_an_unknown_key_is_refused"
MISSING = "test_a_file_that_is_missing_is_told"

TABLE = [
    Broken(IsAsync, OfWires, SYNC, None),
    Broken(Misspelt, OfWires, FOUND, None),
    Broken(Counts, OfWires, SAME),
    Broken(NotFrozen, OfWires, "test_its_descriptor_is_frozen"),
    Broken(Shouts, OfShouts, "test_its_name_is_lower_case_words"),
    Broken(KeysThatCannotBeRead, OfWires, READ, None),
    Broken(KeysNotFrozen, OfWires, "test_its_keys_are_frozen"),
    Broken(KeysWithoutText, OfWires, "test_every_key_has_a_text"),
    Broken(TakesAnyKey, OfWires, UNKNOWN),
    Broken(LooksAtNoFile, OfFiles, MISSING),
    Broken(RemarksInOneText, OfWires, "test_its_remarks_are_lines"),
    Broken(ProvesNothing, OfWires, PROVES, None),
    Broken(OpensToAnother, OfWires, OPENS),
    Broken(OpensAndLeaks, OfWires, OPENS),
    Broken(NobodysEntry, OfEntries, ENTRY, None),
]
