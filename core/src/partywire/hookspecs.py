"""The hooks of plugins, and the frozen descriptors that they return.

All hooks are synchronous and are called once, when a node is assembled. An entry point of the group
``partywire`` names one configurable thing, ``<kind>.<name>``, and points to a module or object with
hook implementations.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs
import pluggy

from partywire.interfaces import IdentityVerifier, SessionRouter, Transport
from partywire.probing import Probe, Telling
from partywire.setting import Attester
from partywire.setting import Setting as Setting

PROJECT = "partywire"
hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker(PROJECT)
hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker(PROJECT)


@attrs.frozen
class NoKeys:
    """The config class of a plugin, or of its part of ``[[peer]]``, that has no keys of its own."""


@attrs.frozen
class KeyMistake:
    """A mistake in a plugin's keys, seen once all of them were read.

    Attributes:
        key: the key.
        problem: what is wrong with it.
        peer: whose ``[[peer]]`` table it is in, or None for the plugin's own table.
    """

    key: str
    problem: str
    peer: str | None = None


Check = Callable[[Setting, frozenset[str]], Sequence[KeyMistake]]
"""Looks at what has to hold between keys, between peers, and in the files that keys name.

It is called when a config is read: in a thread, so it may read files. It is given what all other
verifiers of the config prove, and returns every mistake. ``open`` follows it.

That of an attester looks at the files that its keys name, and asks nobody else: no security module
and no server. It is left out where a config is read that is another party's.
"""
Remarks = Callable[[Setting], Sequence[str]]
"""Says in lines for people what the keys of a sound config come to, such as when a file ends.

It is called where a config is checked and nothing is opened. It may read files. What begins with
``Warning:`` is worth somebody's attention.
"""
Trusted = Callable[[Setting], Sequence[str]]
"""Says in lines, a fact in each, all that decides whom a plugin lets in or hands to, and by what.

It is called when a sound config is read, where an attester measures that config: peers then learn
by which one a party runs. The lines are the same on every machine: certificates by SHA-256, and no
path, address or time. They are printable, without blanks around them, and in any order.
"""


@attrs.frozen
class VerifierDescriptor:
    """An identity verifier.

    ``proves`` is a set of `identity.WHO`, ``WHAT``, ``WHEN`` and ``KEY``. Those that prove ``WHO``
    are asked first. ``open`` waits for nothing. See `Check`, `Remarks` and `Trusted` for the last
    three.
    """

    name: str
    open: Callable[[Setting], IdentityVerifier]
    proves: frozenset[str]
    config: type = NoKeys
    peer: type = NoKeys
    check: Check | None = None
    remarks: Remarks | None = None
    trusted: Trusted | None = None


@attrs.frozen
class TransportDescriptor:
    """A transport. ``open`` gives a context manager that holds it open.

    ``proves`` and ``verifier`` are for a transport that proves identities by itself, as an
    in-memory network does: its own verifier is then asked as if it stood in the config.

    ``insecure`` is for a transport over which nothing is proved: the other end is taken for whom it
    claims to be, as a `ClaimedIdentity`. Such a transport runs only where its table has
    ``allow_insecure = true``, which has to be a key of its config class, and beside no verifier.

    ``wire`` is what its connections speak, for people: two transports with one wire differ in who
    proves what. It is called as the transport where it is left empty.

    See `Check`, `Remarks` and `Trusted` for the last three.
    """

    name: str
    open: Callable[[Setting], AbstractAsyncContextManager[Transport]]
    config: type = NoKeys
    peer: type = NoKeys
    verifier: Callable[[Setting], IdentityVerifier] | None = None
    proves: frozenset[str] = frozenset()
    insecure: bool = False
    wire: str = ""
    check: Check | None = None
    remarks: Remarks | None = None
    trusted: Trusted | None = None


def _is_its_key(descriptor: "AttesterDescriptor", _: "attrs.Attribute[str]", measures: str) -> None:
    keys = {each.name for each in getattr(descriptor.config, "__attrs_attrs__", ())}
    if measures and measures not in keys:
        raise ValueError(f"measures is {measures!r}, and no such key is in its config class")


@attrs.frozen
class AttesterDescriptor:
    """An attester: who makes this node's own evidence.

    ``open`` gives a context manager that holds it open. It is entered before the transport is
    opened, and left after that was closed. Whatever it raises ends the start of the node:
    `ConfigInvalid` where the operator has to mend something, and any other `PartywireError`. The
    doctor opens one of its own, which may be beside that of the node, in the same program, too.

    ``measures`` names a key of its config class. Where that is true in a config, the attester
    measures the config: `Setting.trusted` holds what this node trusts when it is opened. Every
    plugin of that config has to say it, and a reload cannot change it. ``check`` is given it empty.

    See `Check` and `Remarks` for ``check`` and ``remarks``.
    """

    name: str
    open: Callable[[Setting], AbstractAsyncContextManager[Attester]]
    config: type = NoKeys
    check: Check | None = None
    remarks: Remarks | None = None
    measures: str = attrs.field(default="", validator=_is_its_key)


@attrs.frozen
class RouterDescriptor:
    """A session router. ``open`` is given the built-in one, for sessions of this process.

    It is handed every message, so `Trusted` says of it whom else it lets have them, if anybody.
    """

    name: str
    open: Callable[[Setting, SessionRouter], AbstractAsyncContextManager[SessionRouter]]
    config: type = NoKeys
    trusted: Trusted | None = None


@attrs.frozen
class CommandDescriptor:
    """A command of the ``partywire`` program; ``command`` is a click command."""

    name: str
    command: Any


@attrs.frozen
class ProbeDescriptor:
    """What the ``doctor`` command asks beside the hello.

    It is asked where the config names a transport or a verifier of the same name, with the setting
    of that plugin, which has the attester of the config, open, where there is one.

    Attributes:
        name: of that plugin.
        probe: looks at a peer before the hello.
        tells: what the identity of a peer comes to, once it was judged.
    """

    name: str
    probe: Probe
    tells: Telling | None = None


@hookspec
def register_transports() -> Sequence[TransportDescriptor]:
    """Return the transports of this plugin."""
    return ()


@hookspec
def register_verifiers() -> Sequence[VerifierDescriptor]:
    """Return the identity verifiers of this plugin."""
    return ()


@hookspec
def register_attesters() -> Sequence[AttesterDescriptor]:
    """Return the attesters of this plugin."""
    return ()


@hookspec
def register_routers() -> Sequence[RouterDescriptor]:
    """Return the session routers of this plugin."""
    return ()


@hookspec
def register_commands() -> Sequence[CommandDescriptor]:
    """Return the commands that this plugin adds to the ``partywire`` program."""
    return ()


@hookspec
def register_probes() -> Sequence[ProbeDescriptor]:
    """Return the checks that this plugin adds to the ``doctor`` command."""
    return ()
