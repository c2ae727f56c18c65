"""A plugin may look at what has to hold between its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import pytest

from partywire.config import load_config
from partywire.errors import ConfigInvalid, PluginBroken
from partywire.hookspecs import (
    KeyMistake,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
    hookimpl,
)
from partywire.identity import KEY, WHAT, WHO
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen
class Colour:
    colour: str


def opened(_: Setting) -> NoReturn:
    raise AssertionError("a config opens nothing")


@attrs.frozen
class Glaze:
    coats: int


@attrs.frozen
class Brush:
    width: int


def too_many(setting: Setting, _: frozenset[str]) -> Sequence[KeyMistake]:
    return [KeyMistake("coats", f"{setting.config.coats} is too many")]


def too_wide(setting: Setting, _: frozenset[str]) -> Sequence[KeyMistake]:
    problem = f"{setting.config.width} is too wide for {len(setting.peers)} peers"
    return [KeyMistake("width", problem)]


class Painter:
    """Its verifier wants another colour of each peer, and notes what it was asked with."""

    def __init__(self) -> None:
        self.asked: list[tuple[Setting, frozenset[str]]] = []

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        who = frozenset({WHO})
        return [
            VerifierDescriptor("paint", opened, who, peer=Colour, check=self.look),
            VerifierDescriptor("keys", opened, frozenset({KEY, WHAT})),
            VerifierDescriptor("glaze", opened, who, config=Glaze, peer=Colour, check=too_many),
        ]

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [TransportDescriptor("brush", opened, config=Brush, check=too_wide)]

    def look(self, setting: Setting, beside: frozenset[str]) -> Sequence[KeyMistake]:
        self.asked.append((setting, beside))
        seen: set[str] = set()
        found = []
        for party, peer in setting.peers.items():
            if peer.colour == "broken":
                raise KeyError(party)
            if peer.colour in seen:
                found.append(KeyMistake("colour", f"{peer.colour} is taken", party))
            seen.add(peer.colour)
        return found


def config(*peers: dict[str, Any], **tables: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "paint"},
        "verifier": [{"plugin": "paint"}, {"plugin": "keys"}],
        "peer": list(peers),
        **tables,
    }


def refused(content: dict[str, Any], painter: Painter) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, Plugins([painter]))
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


BOB = {"id": "bob", "colour": "red"}
CAROL = {"id": "carol", "colour": "red"}


def test_it_is_given_the_peers_and_what_the_others_prove() -> None:
    painter = Painter()
    load_config(config(BOB), Plugins([painter]))
    ((setting, beside),) = painter.asked
    assert setting.party == "alice"
    assert setting.peers == {"bob": Colour("red")}
    assert {KEY, WHAT} <= beside


def test_what_it_proves_itself_is_not_beside_it() -> None:
    painter = Painter()
    content = config(
        {**BOB, "address": "127.0.0.1:9"},
        transport={"plugin": "grpc-insecure", "listen": "127.0.0.1:9", "allow_insecure": True},
    )
    refused(content, painter)
    assert painter.asked[0][1] == {KEY, WHAT}


def test_its_mistakes_stand_beside_all_others_where_they_are_in_the_file() -> None:
    found = refused(config({"id": "dora"}, BOB, CAROL, router={"plugin": "no"}), Painter())
    assert list(found) == ["router.plugin", "peer[0].colour", "peer[2].colour"]
    assert found["peer[2].colour"] == "red is taken"


def test_it_may_be_about_keys_of_its_own_table() -> None:
    content = config(BOB, transport={"plugin": "brush", "width": 3})
    content["verifier"] = [{"plugin": "keys"}, {"plugin": "glaze", "coats": 2}]
    assert refused(content, Painter()) == {
        "transport.width": "3 is too wide for 1 peers",
        "verifier[1].coats": "2 is too many",
    }


def test_it_is_asked_beside_a_plugin_that_nobody_knows() -> None:
    painter = Painter()
    found = refused(config(BOB, CAROL, transport={"plugin": "no"}), painter)
    assert {"transport.plugin", "peer[1].colour"} <= set(found)


def test_one_that_fails_is_a_fault_of_its_plugin() -> None:
    with pytest.raises(PluginBroken, match=r"'paint'.*check of the keys failed: KeyError"):
        load_config(config({"id": "bob", "colour": "broken"}), Plugins([Painter()]))
