"""Whatever the file holds, it is refused in words, and every mistake is told at once."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from partywire.config import load_config
from partywire.errors import ConfigInvalid

if TYPE_CHECKING:
    from partywire.plugins import Plugins

# independent of each other: none hides another, none brings a second one about
INDEPENDENT: dict[str, tuple[str | int, ...]] = {
    "party.id": ("party", "id"),
    "transport.listen": ("transport", "listen"),
    "transport.certificate": ("transport", "certificate"),
    "transport.workers": ("transport", "workers"),
    "transport.odd": ("transport", "odd"),
    "verifier[0].release": ("verifier", 0, "release"),
    "verifier[1].odd": ("verifier", 1, "odd"),
    "peer[0].id": ("peer", 0, "id"),
    "peer[0].odd": ("peer", 0, "odd"),
    "peer[1].address": ("peer", 1, "address"),
    "peer[1].anchor": ("peer", 1, "anchor"),
    "attester": ("attester",),
    "router": ("router",),
    "session.timing": ("session", "timing"),
    "session.on_peer_failure": ("session", "on_peer_failure"),
    "limits.window": ("limits", "window"),
    "limits.peer_bytes": ("limits", "peer_bytes"),
    "limits.heartbeat": ("limits", "heartbeat"),
    "odd": ("odd",),
}
NAMES = (
    *("party", "transport", "verifier", "attester", "router", "peer", "session", "limits"),
    *("id", "plugin", "listen", "release", "digests", "address", "certificate", "names", "tags"),
    *("timing", "window", "give_up", "wire", "seal", "code", "sure", "alice", "bob", "64MiB", "5s"),
)

texts = st.sampled_from(NAMES) | st.text(max_size=8)
scalars = (
    texts | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.times()
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=6),
    max_leaves=25,
)
wilder = garbage | st.none() | st.binary(max_size=3) | st.just(10**5000)


def put(content: Any, place: tuple[str | int, ...], value: object) -> None:
    *above, last = place
    for step in above:
        content = content.setdefault(step, {}) if isinstance(step, str) else content[step]
    content[last] = value


def refused(content: dict[str, Any], plugins: Plugins) -> list[str]:
    """Load what may or may not be sound; anything but a config or its mistakes is a bug."""
    try:
        load_config(content, plugins)
    except ConfigInvalid as error:
        told = error
    else:
        return []
    assert all(line.isprintable() for line in str(told).splitlines())
    return [mistake.key for mistake in told.mistakes]


@given(tables=st.dictionaries(texts, wilder))
def test_garbage_is_refused_in_words(tables: dict[str, Any], plugins: Plugins) -> None:
    assert refused(tables, plugins)


@given(data=st.data())
def test_garbage_in_a_sound_config_is_refused_in_words(
    data: st.DataObject, sound: dict[str, Any], plugins: Plugins
) -> None:
    content = copy.deepcopy(sound)
    for place in data.draw(st.lists(st.sampled_from(sorted(INDEPENDENT.values(), key=str)))):
        put(content, place, data.draw(wilder))
    refused(content, plugins)


@given(keys=st.sets(st.sampled_from(sorted(INDEPENDENT)), min_size=1))
def test_every_mistake_is_told_at_once(
    keys: set[str], sound: dict[str, Any], plugins: Plugins
) -> None:
    content = copy.deepcopy(sound)
    for key in keys:
        put(content, INDEPENDENT[key], b"no key takes bytes")
    told = refused(content, plugins)
    assert sorted(told) == sorted(keys)
