"""One mistake each: where it is said to be, and in what words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire.config import load_config
from partywire.errors import ConfigInvalid

if TYPE_CHECKING:
    from partywire.plugins import Plugins

HUGE = 10**5000

# where a value is put, what is put there, the key of the mistake, and words of it
MISTAKES: dict[str, tuple[tuple[str | int, ...], Any, str, str]] = {
    "unknown table": (("verifer",), {}, "verifer", "unknown key; did you mean verifier?"),
    "a table that is none": (("transport",), 3, "transport", "expected a table, not 3"),
    "tables that are none": (("verifier",), {"plugin": "seal"}, "verifier", "write [[verifier]]"),
    "one peer as a table": (("peer",), {"id": "bob.example"}, "peer", "[[peer]], with two brack"),
    "one table that is none": (("peer", 1), "x", "peer[1]", 'expected a table, not "x"'),
    "uppercase id": (("party", "id"), "Alice", "party.id", 'expected a party id (lowercase'),
    "id of an address": (("peer", 0, "id"), "10.0.0.1", "peer[0].id", "no IP address"),
    "own id as peer": (("peer", 1, "id"), "alice.example", "peer[1].id", "this party itself"),
    "id twice": (("peer", 1, "id"), "bob.example", "peer[1].id", "ids are unique"),
    "no peer": (("peer",), [], "peer", "no peer; add"),
    "unknown plugin": (("transport", "plugin"), "nil", "transport.plugin", "installed: "),
    "nearly a plugin": (("transport", "plugin"), "weir", "transport.plugin", "did you mean wire?"),
    "unknown verifier": (("verifier", 1, "plugin"), "nil", "verifier[1].plugin", "no verifier"),
    "unknown router": (("router",), {"plugin": "nil"}, "router.plugin", "local"),
    "plugin is no text": (("transport", "plugin"), True, "transport.plugin", "expected text"),
    "key of the built-in router": (("router",), {"x": 1}, "router.x", "unknown key"),
    "attester without plugin": (("attester",), {}, "attester.plugin", "missing"),
    "unknown key": (("transport", "lisen"), 1, "transport.lisen", "did you mean listen?"),
    "number for text": (("transport", "listen"), 7000, "transport.listen", "expected text, not 7"),
    "truth for number": (("transport", "workers"), True, "transport.workers", "not true"),
    "text for number": (("transport", "workers"), "2", "transport.workers", 'not "2"'),
    "fraction for whole": (("transport", "workers"), 2.0, "transport.workers", "a whole number"),
    "out of bounds": (("transport", "workers"), 9, "transport.workers", "from 1 to 8, not 9"),
    "text for truth": (("transport", "quick"), "no", "transport.quick", "expected true or false"),
    "number for truth": (("transport", "quick"), 1, "transport.quick", "expected true or false"),
    "truth for fraction": (("transport", "share"), False, "transport.share", "a number"),
    "endless fraction": (("transport", "share"), float("inf"), "transport.share", "finite"),
    "no number": (("transport", "share"), float("nan"), "transport.share", "finite"),
    "huge number": (("transport", "share"), HUGE, "transport.share", "finite"),
    "huge count": (("transport", "workers"), HUGE, "transport.workers", "not this number"),
    "no choice": (("transport", "mode"), "fast", "transport.mode", '"plain" or 7, not "fast"'),
    "not quite a choice": (("transport", "mode"), 7.0, "transport.mode", "not 7.0"),
    "text for list": (("transport", "tags"), "ab", "transport.tags", "expected a list"),
    "wrong in a list": (("transport", "tags"), ["a", 1], "transport.tags[1]", "expected text"),
    "wrong in a table": (("transport", "names"), {"a b": ""}, 'transport.names."a b"', "whole"),
    "no path": (("transport", "certificate"), "", "transport.certificate", "a path"),
    "path with NUL": (("transport", "certificate"), "a\0b", "transport.certificate", "a path"),
    "no size": (("transport", "chunk"), "4kB", "transport.chunk", "from 1B to 1TiB"),
    "size too small": (("transport", "chunk"), 0, "transport.chunk", "from 1B to 1TiB"),
    "bare time": (("transport", "pause"), 5, "transport.pause", 'a time such as "100ms"'),
    "time without unit": (("limits", "linger"), "5", "limits.linger", "from 1ms to 366d"),
    "time too long": (("limits", "linger"), "367d", "limits.linger", "from 1ms to 366d"),
    "far inside": (
        ("verifier", 0, "release"),
        [{"name": "a", "digests": ["x", 1]}],
        "verifier[0].release[0].digests[1]",
        "expected text, not 1",
    ),
    "missing far inside": (
        ("verifier", 0, "release"),
        [{"name": "a"}],
        "verifier[0].release[0].digests",
        "missing",
    ),
    "a validator": (("verifier", 0, "depth"), 3, "verifier[0].depth", "must be in"),
    "a rule of the class": (("verifier", 0, "depth"), 2, "verifier[0]", "more than the releases"),
    "unknown key of a peer": (("peer", 0, "adress"), "", "peer[0].adress", "mean address?"),
    "no timing": (("session", "timing"), "soon", "session.timing", '"asynchronous"'),
    "no time for a round": (("session", "round_timeout"), "0s", "session.round_timeout", "1ms"),
    "unknown limit": (("limits", "windw"), 1, "limits.windw", "did you mean window?"),
    "message over all": (
        ("limits", "peer_bytes"),
        1 << 31,
        "limits.peer_bytes",
        "2GiB is less than limits.largest_message and the 128 bytes",
    ),
    "mailbox over overdraft": (
        ("limits", "mailbox_bytes"),
        "1GiB",
        "limits.label_overdraft",
        "256MiB is less than limits.mailbox_bytes: 1GiB",
    ),
    "first over longest": (
        ("limits", "retry_first"),
        "10s",
        "limits.retry_longest",
        "800ms is less than limits.retry_first: 10s",
    ),
}  # fmt: skip


def put(content: Any, place: tuple[str | int, ...], value: object) -> None:
    *above, last = place
    for step in above:
        content = content.setdefault(step, {}) if isinstance(step, str) else content[step]
    content[last] = value


def mistakes(content: dict[str, Any], plugins: Plugins) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, plugins)
    assert all(line.isprintable() for line in str(caught.value).splitlines())
    told = {mistake.key: mistake.problem for mistake in caught.value.mistakes}
    assert len(told) == len(caught.value.mistakes)
    return told


@pytest.mark.parametrize("how", MISTAKES)
def test_a_mistake_is_told_with_its_key(
    how: str, content: dict[str, Any], plugins: Plugins
) -> None:
    place, value, key, words = MISTAKES[how]
    put(content, place, value)
    told = mistakes(content, plugins)
    assert list(told) == [key]
    assert words in told[key]


@pytest.mark.parametrize("name", ["party", "transport"])
def test_a_table_that_has_to_be_there_is_missed(
    name: str, content: dict[str, Any], plugins: Plugins
) -> None:
    del content[name]
    assert mistakes(content, plugins) == {name: "missing"}


def test_nothing_at_all_misses_everything(plugins: Plugins) -> None:
    assert set(mistakes({}, plugins)) == {"party", "transport", "peer"}


def test_somebody_has_to_prove_who(content: dict[str, Any], plugins: Plugins) -> None:
    content["verifier"] = [{"plugin": "code"}]
    del content["peer"][0]["anchor"]
    told = mistakes(content, plugins)
    assert list(told) == ["verifier"]
    assert "no verifier proves who" in told["verifier"]


def test_a_transport_that_proves_without_a_verifier_proves_nothing(plugins: Plugins) -> None:
    tables = {"party": {"id": "a"}, "transport": {"plugin": "vain"}, "peer": [{"id": "b"}]}
    assert set(mistakes(tables, plugins)) == {"verifier"}


def test_what_two_plugins_miss_in_a_peer_is_told_once(
    content: dict[str, Any], plugins: Plugins
) -> None:
    content["peer"][0]["certificate"] = 5
    assert set(mistakes(content, plugins)) == {"peer[0].certificate"}


def test_an_unsound_limit_is_told_and_not_compared(
    content: dict[str, Any], plugins: Plugins
) -> None:
    content["limits"] = {"retry_longest": 1, "retry_first": "1h", "mailbox_bytes": "1GiB"}
    assert set(mistakes(content, plugins)) == {"limits.retry_longest", "limits.label_overdraft"}


def test_text_of_the_file_is_escaped_and_cut(content: dict[str, Any], plugins: Plugins) -> None:
    content["transport"]["mode"] = "\x1b[2J\n\u202e" + "x" * 10_000
    content["\x1b]0;" + "y" * 10_000] = 1
    told = mistakes(content, plugins)
    assert all(len(key) + len(problem) < 250 for key, problem in told.items())


SECRETS = ["private_key", "api_token", "PASSWORD", "client_secret", "pin_token", "keys"]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("table", ["transport", "limits", "verifier", "peer", "party"])
def test_a_secret_is_never_shown(
    name: str, table: str, content: dict[str, Any], plugins: Plugins
) -> None:
    content["odd"] = "so that there is a mistake"
    values: list[object] = ["hunter2", ["hunter2"], {"inner": "hunter2"}]
    for value in values:
        holder = content.setdefault(table, {})
        (holder[0] if isinstance(holder, list) else holder)[name] = value
        assert "hunter2" not in str(mistakes(content, plugins))


def test_a_number_for_a_secret_is_not_shown(content: dict[str, Any], plugins: Plugins) -> None:
    content["transport"]["private_key"] = 271828
    assert mistakes(content, plugins) == {"transport.private_key": "expected text, not this number"}


def test_what_a_validator_says_does_not_show_a_secret(
    content: dict[str, Any], plugins: Plugins
) -> None:
    content["verifier"][0]["pin_token"] = "271828"
    assert mistakes(content, plugins) == {"verifier[0]": "not allowed"}


def test_whose_table_it_is_stands_in_the_line(content: dict[str, Any], plugins: Plugins) -> None:
    content["peer"] = [{"id": "NO"}, {"id": "bob.example", "odd": 1}, 7]
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, plugins)
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert any(line.startswith("peer[1].odd (bob.example): unknown key") for line in lines)
    assert any(line.startswith("peer[0].id: expected") for line in lines)
    assert any(line.startswith("peer[2]: expected") for line in lines)
