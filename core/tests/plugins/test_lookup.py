"""Which plugin a name stands for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from partywire.errors import PluginNameClaimedTwice, PluginUnknown
from partywire.hookspecs import CommandDescriptor, RouterDescriptor, TransportDescriptor, hookimpl
from partywire.plugins import Installed, Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .conftest import Install

ACME = """
@hookimpl
def register_transports():
    return [TransportDescriptor("acme", opened)]
"""


def opened(*_: object) -> NoReturn:
    raise AssertionError("a look-up opens nothing")


class Carrier:
    """A plugin object."""

    def __init__(self, *names: str) -> None:
        self.names = names

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [TransportDescriptor(name, opened) for name in self.names]


def test_an_installed_plugin_is_found_by_its_name(install: Install) -> None:
    install("acme", {"transport.acme": "acme_one"}, {"acme_one": ACME})
    assert Plugins().transport("acme").name == "acme"


def test_an_entry_may_point_to_an_object_in_a_module(install: Install) -> None:
    source = """
    class Plugin:
        @hookimpl
        def register_verifiers(self):
            return [VerifierDescriptor("seal", opened, frozenset({"who"}))]

    plugin = Plugin()
    """
    install("acme", {"verifier.seal": "acme_object:plugin"}, {"acme_object": source})
    assert Plugins().verifier("seal").proves == {"who"}


def test_one_module_may_serve_several_entries(install: Install) -> None:
    source = """
    @hookimpl
    def register_attesters():
        return [AttesterDescriptor("a", opened), AttesterDescriptor("b", opened)]

    @hookimpl
    def register_routers():
        return [RouterDescriptor("c", opened)]
    """
    entries = {"attester.a": "acme_many", "attester.b": "acme_many", "router.c": "acme_many"}
    install("acme", entries, {"acme_many": source})
    plugins = Plugins()
    assert [plugins.attester("a").name, plugins.attester("b").name] == ["a", "b"]
    assert plugins.router("c").name == "c"


def test_only_what_is_asked_for_is_imported(install: Install) -> None:
    bomb = "raise AssertionError('imported')"
    entries = {"transport.acme": "acme_asked", "transport.bomb": "acme_bomb"}
    install("acme", entries, {"acme_asked": ACME, "acme_bomb": bomb})
    plugins = Plugins()
    plugins.transport("acme")
    plugins.installed()
    assert "acme_bomb" not in sys.modules


def test_an_unknown_name_is_answered_with_the_installed_ones(install: Install) -> None:
    install("acme", {"transport.acme": "acme_x", "verifier.other": "acme_x"}, {"acme_x": ACME})
    with pytest.raises(PluginUnknown) as caught:
        Plugins([Carrier("extra")]).transport("acme\x1b[31m")
    assert {"acme", "extra"} <= set(caught.value.installed)
    assert "other" not in caught.value.installed
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("order", [("acme", "bolt"), ("bolt", "acme")])
def test_a_name_that_two_claim_is_nobodys(install: Install, order: Sequence[str]) -> None:
    for name in order:
        install(name, {"transport.acme": f"{name}_twice"}, {f"{name}_twice": ACME})
    with pytest.raises(PluginNameClaimedTwice) as caught:
        Plugins().transport("acme")
    assert caught.value.claimants == ["acme 1.0 (acme_twice)", "bolt 1.0 (bolt_twice)"]
    assert not {"acme_twice", "bolt_twice"} & set(sys.modules)


def test_one_distribution_found_twice_is_one(install: Install) -> None:
    install("acme-wire", {"transport.acme": "acme_again"}, {"acme_again": ACME})
    install("Acme_Wire", {"transport.acme": "acme_again"}, {"acme_again": ACME}, "1.1")
    assert Plugins().transport("acme").name == "acme"


def test_one_distribution_with_two_values_is_a_clash(install: Install) -> None:
    install("acme", {"transport.acme": "acme_old"}, {"acme_old": ACME}, "1.0")
    install("acme", {"transport.acme": "acme_new"}, {"acme_new": ACME}, "2.0")
    with pytest.raises(PluginNameClaimedTwice):
        Plugins().transport("acme")


def test_objects_add_names_and_replace_none(install: Install) -> None:
    install("acme", {"transport.acme": "acme_extra"}, {"acme_extra": ACME})
    plugins = Plugins([Carrier("mine")])
    assert {plugins.transport(name).name for name in ("acme", "mine")} == {"acme", "mine"}
    with pytest.raises(PluginNameClaimedTwice, match="the program"):
        Plugins([Carrier("acme")]).transport("acme")


def test_two_objects_clash_and_one_handed_in_twice_does_not() -> None:
    one = Carrier("mine")
    assert Plugins([one, one]).transport("mine").name == "mine"
    with pytest.raises(PluginNameClaimedTwice):
        Plugins([one, Carrier("mine")]).transport("mine")


@pytest.fixture
def local_router() -> RouterDescriptor:
    return Plugins().router("local")


async def test_the_built_in_router_opens_to_the_nodes_own(local_router: RouterDescriptor) -> None:
    local: Any = object()
    async with local_router.open(local, local) as router:
        assert router is local


def test_the_built_in_router_is_not_to_be_replaced(install: Install) -> None:
    install("acme", {"router.local": "acme_thief"}, {})
    with pytest.raises(PluginNameClaimedTwice, match="acme"):
        Plugins().router("local")

    class Thief:
        @hookimpl
        def register_routers(self) -> Sequence[RouterDescriptor]:
            return [RouterDescriptor("local", opened)]

    with pytest.raises(PluginNameClaimedTwice):
        Plugins([Thief()]).router("local")


def test_commands_and_probes_are_listed_and_come_by_name(install: Install) -> None:
    source = """
    @hookimpl
    def register_commands():
        return (CommandDescriptor("zeta", 1), CommandDescriptor("alpha", 2))

    @hookimpl
    def register_probes():
        return [ProbeDescriptor("clock", opened)]
    """
    entries = {"command.zeta": "acme_c", "command.alpha": "acme_c", "probe.clock": "acme_c"}
    install("acme", entries, {"acme_c": source})
    plugins = Plugins()
    names = plugins.commands()
    assert list(names) == sorted(names)
    assert {"alpha", "zeta"} <= set(names)
    assert plugins.command("alpha") == CommandDescriptor("alpha", 2)
    assert plugins.probe("clock").name == "clock"
    assert "clock" in plugins.probes()


def test_the_listing_names_everything_even_of_an_unknown_kind(install: Install) -> None:
    install("Acme.Wire", {"transport.acme": "nowhere", "transprt.odd": "nowhere"}, {}, "2.1")
    listed = Plugins().installed()
    assert Installed("transport", "acme", "acme-wire", "2.1") in listed
    assert Installed("transprt", "odd", "acme-wire", "2.1") in listed
