"""Plugins that do not keep to their hooks; each is refused in words."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from partywire.errors import PluginBroken
from partywire.hookspecs import hookimpl
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from .conftest import Install

HOOK = "@hookimpl\ndef register_transports():\n    return "
ODD = "class Odd:\n    pass\n" + HOOK
TAKEN = "@attrs.frozen\nclass Taken:\n    id: str\n    plugin: str\n" + HOOK

BROKEN = {
    "fails at import": ("1 / 0", "cannot be imported: ZeroDivisionError"),
    "misspelt hook": (
        "@hookimpl\ndef register_verifer(): return ()\n"
        + HOOK
        + "[TransportDescriptor('acme', opened)]",
        "unknown hook 'register_verifer'",
    ),
    "hook with arguments": ("@hookimpl\ndef register_transports(x): return ()", "Argument"),
    "async hook": ("@hookimpl\nasync def register_transports(): return ()", "is async"),
    "no hook": ("", "registers nothing by register_transports, and not acme"),
    "failing hook": (HOOK + "1 / 0", "ZeroDivisionError"),
    "returns None": (HOOK + "None", "returns NoneType"),
    "returns a lone descriptor": (HOOK + "TransportDescriptor('acme', opened)", "no list"),
    "returns a generator": (HOOK + "(x for x in ())", "returns generator"),
    "returns other things": (HOOK + "['acme']", "str instead of TransportDescriptor"),
    "of another kind": (HOOK + "[AttesterDescriptor('acme', opened)]", "AttesterDescriptor"),
    "of another name": (HOOK + "[TransportDescriptor('b', opened)]", "registers b by"),
    "of one name twice": (HOOK + "[TransportDescriptor('acme', opened)] * 2", "name twice"),
    "without a name": (HOOK + "[TransportDescriptor('', opened)]", "name is no text"),
    "open is no function": (HOOK + "[TransportDescriptor('acme', 1)]", "open is nothing to call"),
    "config is no class": (HOOK + "[TransportDescriptor('acme', opened, 1)]", "config is no attrs"),
    "config is no attrs class": (ODD + "[TransportDescriptor('acme', opened, Odd)]", "no attrs"),
    "peer is no attrs class": (ODD + "[TransportDescriptor('acme', opened, peer=Odd)]", "peer is"),
    "config has plugin": (TAKEN + "[TransportDescriptor('acme', opened, Taken)]", "key 'plugin'"),
    "peer has id": (TAKEN + "[TransportDescriptor('acme', opened, peer=Taken)]", "key 'id'"),
    "verifier is no function": (
        HOOK + "[TransportDescriptor('acme', opened, verifier=True)]",
        "verifier is nothing to call",
    ),
    "proves no set": (HOOK + "[TransportDescriptor('acme', opened, proves='who')]", "frozenset"),
    "proves the unknown": (
        HOOK + "[TransportDescriptor('acme', opened, proves=frozenset({'why'}))]",
        "frozenset of who, what, when and key",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_plugin_is_refused_in_words(install: Install, how: str) -> None:
    source, words = BROKEN[how]
    install("acme", {"transport.acme": "acme_broken"}, {"acme_broken": source})
    with pytest.raises(PluginBroken, match=words) as caught:
        Plugins().transport("acme")
    assert caught.value.name == "transport.acme"
    gc.collect()  # a coroutine that nobody closed would warn here


@pytest.mark.parametrize(
    ("measures", "words"),
    [("'all'", "measures is 'all', and no such key"), ("None", "measures is no text")],
)
def test_an_attester_measures_by_a_key_of_its_own(
    install: Install, measures: str, words: str
) -> None:
    source = "@hookimpl\ndef register_attesters():\n    return "
    source += f"[AttesterDescriptor('acme', opened, measures={measures})]"
    install("acme", {"attester.acme": "acme_vain"}, {"acme_vain": source})
    with pytest.raises(PluginBroken, match=words):
        Plugins().attester("acme")


@pytest.mark.parametrize("value", ["nowhere_to_be_found", "acme_here:missing", "not a module!"])
def test_an_entry_that_leads_nowhere_is_broken(install: Install, value: str) -> None:
    install("acme", {"transport.acme": value}, {"acme_here": ""})
    with pytest.raises(PluginBroken, match="cannot be imported"):
        Plugins().transport("acme")


def test_what_a_failing_import_says_is_escaped(install: Install) -> None:
    install("acme", {"transport.acme": "acme_loud"}, {"acme_loud": r"raise OSError('\x1b[2J\n')"})
    with pytest.raises(PluginBroken) as caught:
        Plugins().transport("acme")
    assert str(caught.value).isprintable()


def test_a_broken_object_is_named_by_its_class() -> None:
    class Crooked:
        @hookimpl
        def register_transports(self) -> int:
            return 3

    with pytest.raises(PluginBroken, match="Crooked"):
        Plugins([Crooked()]).transport("any")


def test_a_broken_plugin_harms_nobody_who_does_not_name_it(install: Install) -> None:
    good = HOOK + "[TransportDescriptor('good', opened)]"
    entries = {"transport.bad": "acme_bad", "transport.good": "acme_good"}
    install("acme", entries, {"acme_bad": "1 / 0", "acme_good": good})
    assert Plugins().transport("good").name == "good"
