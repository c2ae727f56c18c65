"""What of a config may change while its node runs, and what needs a restart."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.config import load_config
from partywire.config.changes import refuse_restarts
from partywire.errors import ConfigInvalid
from partywire.setting import refuse_changes

if TYPE_CHECKING:
    from partywire.plugins import Plugins

MAY: dict[str, dict[str, Any]] = {
    "verifiers": {"verifier": [{"plugin": "seal", "pin_token": "1234"}]},
    "a peer more": {"peer": [{"id": f"{name}.example", "address": "x:1"} for name in "abcd"]},
    "keys of a peer": {"peer": [{"id": "bob.example", "address": "elsewhere:7000"}]},
    "sessions": {"session": {"timing": "asynchronous"}},
    "the transport's keys": {"transport": {"plugin": "wire", "listen": "elsewhere"}},
}
MAY_NOT: dict[str, dict[str, Any]] = {
    "party.id": {"party": {"id": "dave.example"}},
    "transport.plugin": {"transport": {"plugin": "sure"}},
    "attester": {"attester": {"plugin": "oath"}},
    "router.plugin": {"router": {"plugin": "far"}},
    "limits.window": {"limits": {"window": "1MiB"}},
}


def refused(content: dict[str, Any], plugins: Plugins, *changes: dict[str, Any]) -> list[str]:
    """The keys that are refused when these tables take the place of those in use."""
    former = load_config(content, plugins)
    changed = copy.deepcopy(content)
    for change in changes:
        changed.update(change)
    if changed["transport"]["plugin"] == "sure":
        for peer in changed["peer"]:
            peer.pop("address")
    with pytest.raises(ConfigInvalid) as caught:
        refuse_restarts(former, load_config(changed, plugins))
    assert all("needs a restart" in each.problem for each in caught.value.mistakes)
    return [each.key for each in caught.value.mistakes]


@pytest.mark.parametrize("change", MAY.values(), ids=MAY)
def test_what_may_change(content: dict[str, Any], plugins: Plugins, change: dict[str, Any]) -> None:
    refuse_restarts(load_config(content, plugins), load_config({**content, **change}, plugins))


@pytest.mark.parametrize("key", MAY_NOT)
def test_what_needs_a_restart(content: dict[str, Any], plugins: Plugins, key: str) -> None:
    assert refused(content, plugins, MAY_NOT[key]) == [key]


def test_an_attester_cannot_go_either(content: dict[str, Any], plugins: Plugins) -> None:
    content["attester"] = {"plugin": "oath"}
    former = load_config(content, plugins)
    with pytest.raises(ConfigInvalid, match="attester"):
        refuse_restarts(former, attrs.evolve(former, attester=None))


def test_all_of_it_is_told_at_once(content: dict[str, Any], plugins: Plugins) -> None:
    assert refused(content, plugins, *MAY_NOT.values()) == list(MAY_NOT)


def test_a_transport_says_which_of_its_keys_may_change(
    content: dict[str, Any], plugins: Plugins
) -> None:
    former = load_config(content, plugins)
    transport = {**content["transport"], "listen": "elsewhere", "workers": 3}
    peers = [{**peer, "address": "elsewhere:1"} for peer in content["peer"]]
    changed = load_config({**content, "transport": transport, "peer": peers}, plugins)
    before, after = (config.setting(config.transport) for config in (former, changed))
    refuse_changes(before, before)
    refuse_changes(after, before, but=("listen", "workers", "peer"))
    with pytest.raises(ConfigInvalid) as caught:
        refuse_changes(after, before, but=("listen",))
    assert [each.key for each in caught.value.mistakes] == ["transport.workers", "peer"]
