"""What a node trusts, as the text that an attester measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.config import load_config
from partywire.config.changes import refuse_restarts
from partywire.config.trusted import UNSAID
from partywire.errors import ConfigInvalid, PluginBroken
from partywire.hookspecs import (
    AttesterDescriptor,
    RouterDescriptor,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
    hookimpl,
)
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywire.config import Chosen, NodeConfig


@attrs.frozen
class Keys:
    said: list[Any] = attrs.field(factory=list)


@attrs.frozen
class Peer:
    colour: str
    address: str = "nowhere"


@attrs.frozen
class Oath:
    measure_config: bool = False


def opened(*_: object) -> NoReturn:
    raise AssertionError("a config opens nothing")


def colours(setting: Setting) -> list[str]:
    return [
        *setting.config.said,
        *(f"{name} {each.colour}" for name, each in setting.peers.items()),
    ]


def failing(_: Setting) -> NoReturn:
    raise ZeroDivisionError


class Painters:
    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor("brush", opened, peer=Peer, trusted=lambda _: ["bristles"]),
            TransportDescriptor("roller", opened),
        ]

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        who = frozenset({"who"})
        return [
            VerifierDescriptor("paint", opened, who, Keys, Peer, trusted=colours),
            VerifierDescriptor("glaze", opened, frozenset(), Keys, trusted=colours_of_none),
            VerifierDescriptor("mute", opened, who),
            VerifierDescriptor("odd", opened, who, Keys, trusted=failing),
        ]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        return [
            AttesterDescriptor("oath", opened, Oath, measures="measure_config"),
            AttesterDescriptor("vow", opened),
        ]

    @hookimpl
    def register_routers(self) -> Sequence[RouterDescriptor]:
        return [
            RouterDescriptor("gallery", opened, Keys, trusted=colours_of_none),
            RouterDescriptor("attic", opened, Keys),
            RouterDescriptor("cellar", opened, trusted=failing),
        ]


def colours_of_none(setting: Setting) -> list[str]:
    said: list[str] = setting.config.said
    return said


BOB = {"id": "bob", "colour": "red"}
CAROL = {"id": "carol", "colour": "blue", "address": "somewhere"}


def content(*peers: dict[str, Any], **tables: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "brush"},
        "verifier": [{"plugin": "paint", "said": ["thick"]}, {"plugin": "glaze"}],
        "attester": {"plugin": "oath", "measure_config": True},
        "peer": list(peers or (BOB, CAROL)),
        **tables,
    }


def load(given: dict[str, Any]) -> NodeConfig:
    return load_config(given, Plugins([Painters()]))


def text(given: dict[str, Any]) -> str:
    return load(given).trusted


GOLDEN = """\
partywire trusts, in format 1
party alice
peer bob
peer carol
transport brush
  bristles
router local
verifier glaze
verifier paint
  bob red
  carol blue
  thick
"""


def test_the_text_is_this() -> None:
    """Who pins it depends on every byte: another text needs another first line."""
    assert text(content()) == GOLDEN


def test_the_order_of_the_file_does_not_count() -> None:
    turned = content(CAROL, BOB)
    turned["verifier"].reverse()
    assert text(dict(reversed(turned.items()))) == GOLDEN


def test_an_address_does_not_count() -> None:
    assert text(content(BOB, {**CAROL, "address": "elsewhere"})) == GOLDEN


@pytest.mark.parametrize(
    "other",
    [
        content(party={"id": "dave"}),
        content(BOB),
        content(BOB, {**CAROL, "colour": "red"}),
        content({**BOB, "colour": "blue"}, {**CAROL, "colour": "red"}),
        content(BOB, {**CAROL, "id": "dave"}),
        content(verifier=[{"plugin": "paint", "said": ["thick"]}]),
        content(verifier=[{"plugin": "paint"}, {"plugin": "glaze", "said": ["thick"]}]),
        content(verifier=[{"plugin": "paint", "said": ["thick"] * 2}, {"plugin": "glaze"}]),
        content(router={"plugin": "gallery"}),
        content(router={"plugin": "gallery", "said": ["hangs at carol's"]}),
    ],
)
def test_whatever_else_differs_gives_another_text(other: dict[str, Any]) -> None:
    assert text(other) != GOLDEN


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1)


@given(*[st.lists(WORDS, max_size=3) for _ in range(4)])
def test_no_plugin_can_say_what_another_one_says(
    paint: list[str], glaze: list[str], other_paint: list[str], other_glaze: list[str]
) -> None:
    """Two configs have one text only where each verifier says the same, in whatever order."""

    def said(paint: list[str], glaze: list[str]) -> str:
        tables = [{"plugin": "paint", "said": paint}, {"plugin": "glaze", "said": glaze}]
        return text(content(verifier=tables))

    same = sorted(paint) == sorted(other_paint) and sorted(glaze) == sorted(other_glaze)
    assert (said(paint, glaze) == said(other_paint, other_glaze)) is same


def test_only_the_attester_that_measures_is_given_it() -> None:
    config = load(content())
    assert config.attester is not None
    assert config.setting(config.attester).trusted == GOLDEN
    others: list[Chosen[Any]] = [config.transport, *config.verifiers, config.router]
    for chosen in others:
        assert config.setting(chosen).trusted == ""
    for attester in ({"plugin": "oath"}, {"plugin": "vow"}):
        assert text(content(attester=attester)) == ""


def test_to_whom_a_router_brings_what_it_is_handed_is_measured() -> None:
    """It sees every payload: peers that pin a config have to know where it goes."""
    said = text(content(router={"plugin": "gallery", "said": ["hangs at carol's"]}))
    assert said == GOLDEN.replace("router local\n", "router gallery\n  hangs at carol's\n")
    with pytest.raises(PluginBroken, match="'cellar': it fails to say what it trusts"):
        load(content(router={"plugin": "cellar"}))


def test_a_router_that_does_not_say_it_cannot_be_measured() -> None:
    given = content(router={"plugin": "attic"})
    with pytest.raises(ConfigInvalid) as caught:
        load(given)
    assert [(each.key, each.problem) for each in caught.value.mistakes] == [
        ("router.plugin", UNSAID)
    ]
    load({**given, "attester": {"plugin": "oath"}})


def test_a_plugin_that_does_not_say_it_cannot_be_measured() -> None:
    given = content(
        transport={"plugin": "roller"}, verifier=[{"plugin": "mute"}, {"plugin": "paint"}]
    )
    for peer in given["peer"]:
        peer.pop("address", None)
    with pytest.raises(ConfigInvalid) as caught:
        load(given)
    found = {each.key: each.problem for each in caught.value.mistakes}
    assert found == {"transport.plugin": UNSAID, "verifier[0].plugin": UNSAID}
    load({**given, "attester": {"plugin": "oath"}})


@pytest.mark.parametrize("line", ["", " ", "a ", "\ta", "a\nverifier glaze", "a\x00", 7, None])
def test_what_is_no_line_is_a_fault_of_the_plugin(line: object) -> None:
    with pytest.raises(PluginBroken, match="'paint': what it trusts is not said in lines"):
        load(content(verifier=[{"plugin": "paint", "said": [line]}]))


def test_a_failure_is_a_fault_of_the_plugin() -> None:
    with pytest.raises(PluginBroken, match="'odd': it fails to say what it trusts: ZeroDivision"):
        load(content(verifier=[{"plugin": "odd"}]))


def test_what_was_measured_does_not_change_while_the_node_runs() -> None:
    former = load(content())
    refuse_restarts(former, load(content(CAROL, {**BOB, "address": "elsewhere"})))
    with pytest.raises(ConfigInvalid) as caught:
        refuse_restarts(former, load(content(BOB)))
    [mistake] = caught.value.mistakes
    assert mistake.key == "attester.measure_config"
    assert "needs a restart of the enclave" in mistake.problem
    free = {"plugin": "oath"}
    refuse_restarts(load(content(attester=free)), load(content(BOB, attester=free)))


def test_to_begin_or_end_measuring_is_told_once() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        refuse_restarts(load(content()), load(content(attester={"plugin": "oath"})))
    assert [each.key for each in caught.value.mistakes] == ["attester.measure_config"]
