"""Finding and loading plugins: entry points of the group ``partywire``, named ``<kind>.<name>``.

Only what is asked for is imported. Names are looked up here and not by pluggy, which takes the
first of two that claim one name and says nothing. The order they are found in decides nothing.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from importlib.metadata import Distribution, EntryPoint
from typing import Any, Final, Generic, TypeVar

import attrs
import pluggy

from partywire import hookspecs
from partywire.entries import distribution_name, entries_of
from partywire.errors import PluginBroken, PluginNameClaimedTwice, PluginUnknown, outside_text
from partywire.hookspecs import (
    AttesterDescriptor,
    CommandDescriptor,
    ProbeDescriptor,
    RouterDescriptor,
    TransportDescriptor,
    VerifierDescriptor,
)
from partywire.identity import KEY, WHAT, WHEN, WHO

LOCAL: Final = "local"
"""The name of the built-in router. No plugin may claim it."""

Descriptor = (
    TransportDescriptor
    | VerifierDescriptor
    | AttesterDescriptor
    | RouterDescriptor
    | CommandDescriptor
    | ProbeDescriptor
)
D = TypeVar("D", bound=Descriptor)


@attrs.frozen
class Installed:
    """One entry of the group as it is installed; nothing of it was imported."""

    kind: str
    name: str
    distribution: str
    version: str


@attrs.frozen
class _Kind(Generic[D]):
    name: str
    descriptor: type[D]

    @property
    def hook(self) -> str:
        return f"register_{self.name}s"


_TRANSPORT = _Kind("transport", TransportDescriptor)
_VERIFIER = _Kind("verifier", VerifierDescriptor)
_ATTESTER = _Kind("attester", AttesterDescriptor)
_ROUTER = _Kind("router", RouterDescriptor)
_COMMAND = _Kind("command", CommandDescriptor)
_PROBE = _Kind("probe", ProbeDescriptor)


@attrs.frozen
class _Claim(Generic[D]):
    """Somebody provides a name. Equal claims are one distribution that was found twice."""

    name: str
    claimant: str
    value: str
    version: str = attrs.field(eq=False)
    load: Callable[[], D] = attrs.field(eq=False)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.claimant, self.version, f"({self.value})")))


class _BuiltIn:
    """The plugin that every program has."""

    __name__ = "built in"

    @hookspecs.hookimpl
    def register_routers(self) -> Sequence[RouterDescriptor]:
        """Return the router that opens to the node's own, and brings messages nowhere else."""
        local = RouterDescriptor(LOCAL, lambda _, local: nullcontext(local), trusted=lambda _: ())
        return [local]


class Plugins:
    """The plugins of one use: what is installed now, and the objects that the program hands in.

    Every look-up raises `PluginUnknown`, `PluginNameClaimedTwice` or `PluginBroken`.

    Args:
        extra: plugin objects (modules, instances) with hook implementations. They add names; a
            name that is installed too is claimed twice.
    """

    def __init__(self, extra: Sequence[object] = ()) -> None:
        self._objects = {id(plugin): plugin for plugin in (_BuiltIn(), *extra)}.values()
        self._entries = list(entries_of(hookspecs.PROJECT))

    def transport(self, name: str) -> TransportDescriptor:
        """Return the transport of that name."""
        return self._one(_TRANSPORT, name)

    def verifier(self, name: str) -> VerifierDescriptor:
        """Return the identity verifier of that name."""
        return self._one(_VERIFIER, name)

    def attester(self, name: str) -> AttesterDescriptor:
        """Return the attester of that name."""
        return self._one(_ATTESTER, name)

    def router(self, name: str) -> RouterDescriptor:
        """Return the router of that name; the descriptor of ``local`` opens to the node's own."""
        return self._one(_ROUTER, name)

    def command(self, name: str) -> CommandDescriptor:
        """Import and return a command."""
        return self._one(_COMMAND, name)

    def commands(self) -> tuple[str, ...]:
        """Return the names of all commands; nothing is imported."""
        return self._names(_COMMAND)

    def probe(self, name: str) -> ProbeDescriptor:
        """Import and return a probe."""
        return self._one(_PROBE, name)

    def probes(self) -> tuple[str, ...]:
        """Return the names of all probes; nothing is imported."""
        return self._names(_PROBE)

    def installed(self) -> tuple[Installed, ...]:
        """Return every entry of the group, sorted, known kind or not; nothing is imported."""
        listed = {
            Installed(*_kind_and_name(entry), distribution_name(found), found.version)
            for found, entry in self._entries
        }
        return tuple(sorted(listed, key=attrs.astuple))

    def _one(self, kind: _Kind[D], name: str) -> D:
        return _chosen(kind, self._claims(kind), name)

    def _names(self, kind: _Kind[D]) -> tuple[str, ...]:
        return tuple(sorted({claim.name for claim in self._claims(kind)}))

    def _claims(self, kind: _Kind[D]) -> list[_Claim[D]]:
        installed = [
            _installed(kind, found, entry)
            for found, entry in self._entries
            if _kind_and_name(entry)[0] == kind.name
        ]
        handed_in = [claim for plugin in self._objects for claim in _handed_in(kind, plugin)]
        return [*dict.fromkeys(installed), *handed_in]


def _kind_and_name(entry: EntryPoint) -> tuple[str, str]:
    kind, _, name = entry.name.partition(".")
    return kind, name


def _installed(kind: _Kind[D], found: Distribution, entry: EntryPoint) -> _Claim[D]:
    name = _kind_and_name(entry)[1]
    load = partial(_imported, kind, name, entry)
    return _Claim(name, distribution_name(found), entry.value, found.version, load)


def _handed_in(kind: _Kind[D], plugin: object) -> list[_Claim[D]]:
    label = getattr(plugin, "__name__", type(plugin).__name__)

    def claim(descriptor: D) -> _Claim[D]:
        return _Claim(descriptor.name, "the program", label, "", lambda: descriptor)

    return [claim(descriptor) for descriptor in _registered(kind, plugin, label)]


def _chosen(kind: _Kind[D], claims: Sequence[_Claim[D]], name: str) -> D:
    """Return the descriptor of the one claim on a name."""
    claimants = [claim for claim in claims if claim.name == name]
    if not claimants:
        names = sorted({claim.name for claim in claims})
        raise PluginUnknown(kind.name, outside_text(name), names)
    if len(claimants) > 1:
        raise PluginNameClaimedTwice(kind.name, name, sorted(map(str, claimants)))
    return claimants[0].load()


def _imported(kind: _Kind[D], name: str, entry: EntryPoint) -> D:
    """Import an entry and return the one descriptor that it names."""
    try:
        plugin = entry.load()
    except Exception as error:
        raise PluginBroken(entry.name, f"cannot be imported: {_words(error)}") from error
    descriptors = {each.name: each for each in _registered(kind, plugin, entry.name)}
    if name not in descriptors:
        names = ", ".join(sorted(descriptors)) or "nothing"
        problem = f"{entry.value} registers {names} by {kind.hook}, and not {name}"
        raise PluginBroken(entry.name, problem)
    return descriptors[name]


def _registered(kind: _Kind[D], plugin: object, label: str) -> list[D]:
    """Call one hook of one plugin, and return what it registers, checked."""
    returned = _called(kind.hook, plugin, label)
    if inspect.iscoroutine(returned):
        returned.close()
        raise PluginBroken(label, f"{kind.hook} is async; hooks are synchronous")
    if not isinstance(returned, (list, tuple)):
        problem = f"{kind.hook} returns {type(returned).__name__}, and no list of descriptors"
        raise PluginBroken(label, problem)
    problems = [fault for each in returned for fault in _faults(kind, each)]
    names = [descriptor.name for descriptor in returned] if not problems else []
    if len(set(names)) < len(names):
        problems = [f"one name twice: {', '.join(names)}"]
    if problems:
        raise PluginBroken(label, f"{kind.hook} returns {'; '.join(problems)}")
    return list(returned)


def _called(hook: str, plugin: object, label: str) -> object:
    """Return what the hook of this one plugin returns; nothing, where it has no such hook."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin)
        manager.check_pending()
        caller = getattr(manager.hook, hook)
        returned = caller()
    except Exception as error:
        raise PluginBroken(label, _words(error)) from error
    return next(iter(returned), None if caller.get_hookimpls() else ())


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {outside_text(str(error), 256)}"


def _are_keys(keys: object, taken: str) -> bool:
    """Tell whether this is a class of keys, without the one that the table has already."""
    return isinstance(keys, type) and attrs.has(keys) and taken not in attrs.fields_dict(keys)


_CHECKS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "name": (lambda name: isinstance(name, str) and name != "", "no text"),
    "open": (callable, "nothing to call"),
    "probe": (callable, "nothing to call"),
    "tells": (lambda tells: tells is None or callable(tells), "nothing to call"),
    "wire": (lambda wire: isinstance(wire, str), "no text"),
    "measures": (lambda measures: isinstance(measures, str), "no text"),
    "verifier": (lambda verifier: verifier is None or callable(verifier), "nothing to call"),
    "check": (lambda check: check is None or callable(check), "nothing to call"),
    "remarks": (lambda remarks: remarks is None or callable(remarks), "nothing to call"),
    "trusted": (lambda trusted: trusted is None or callable(trusted), "nothing to call"),
    "config": (lambda keys: _are_keys(keys, "plugin"), "no attrs class without a key 'plugin'"),
    "peer": (lambda keys: _are_keys(keys, "id"), "no attrs class without a key 'id'"),
    "proves": (
        lambda proves: isinstance(proves, frozenset) and proves <= {WHO, WHAT, WHEN, KEY},
        f"no frozenset of {WHO}, {WHAT}, {WHEN} and {KEY}",
    ),
}
"""What each field of a descriptor has to be, and what it is otherwise."""


def _faults(kind: _Kind[D], descriptor: object) -> list[str]:
    """Return what is odd about something that should be a descriptor."""
    if not isinstance(descriptor, kind.descriptor):
        return [f"{type(descriptor).__name__} instead of {kind.descriptor.__name__}"]
    return [
        f"a descriptor whose {field.name} is {words}"
        for field in attrs.fields(kind.descriptor)
        for fits, words in [_CHECKS.get(field.name, (lambda _: True, ""))]
        if not fits(getattr(descriptor, field.name))
    ]
