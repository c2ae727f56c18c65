"""What a sound config becomes, and how a file that cannot be read is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import pytest

from partywire.config import NodeConfig, SessionSettings, load_config
from partywire.delivery.limits import MIB, Limits
from partywire.errors import ConfigInvalid, PluginBroken
from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = """
[party]
id = "alice.example"
[transport]
plugin = "wire"
listen = "0.0.0.0:7000"
certificate = "keys/alice.crt"
tags = ["a", "b"]
share = 1
[[verifier]]
plugin = "seal"
[[verifier.release]]
name = "one"
digests = ["00", "ff"]
[[peer]]
id = "bob.example"
address = "bob:7000"
certificate = "/etc/bob.crt"
anchor = "ca"
[session]
timing = "asynchronous"
round_timeout = "1.5s"
[limits]
window = "8MiB"
mailbox_bytes = 1000
give_up = "2 min"
"""


@pytest.fixture
def loaded(tmp_path: Path, plugins: Plugins) -> NodeConfig:
    path = tmp_path / "alice.toml"
    path.write_text(FILE)
    return load_config(path, plugins)


def test_a_file_becomes_a_config(loaded: NodeConfig, tmp_path: Path) -> None:
    assert loaded.source == str(tmp_path / "alice.toml")
    assert (loaded.party, loaded.peers) == ("alice.example", ("bob.example",))
    assert loaded.transport.descriptor.name == "wire"
    assert loaded.transport.config.tags == ("a", "b")
    assert loaded.transport.config.share == 1.0
    assert loaded.session == SessionSettings("asynchronous", 1.5, "peer")
    assert loaded.limits == Limits(window=8 * MIB, mailbox_bytes=1000, give_up=120.0)
    assert (loaded.attester, loaded.router.descriptor.name) == (None, "local")
    [seal] = loaded.verifiers
    assert seal.config.release[0].digests == ["00", "ff"]


def test_each_plugin_gets_its_share_of_a_peers_keys(loaded: NodeConfig) -> None:
    wire, seal = loaded.transport.peers["bob.example"], loaded.verifiers[0].peers["bob.example"]
    assert (wire.address, wire.certificate) == ("bob:7000", Path("/etc/bob.crt"))
    assert (seal.anchor, seal.certificate) == ("ca", Path("/etc/bob.crt"))


def test_relative_paths_start_at_the_file(loaded: NodeConfig, tmp_path: Path) -> None:
    assert loaded.transport.config.certificate == tmp_path / "keys/alice.crt"


def test_the_paths_of_a_relative_file_are_absolute(
    tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alice.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    certificate = load_config("alice.toml", plugins).transport.config.certificate
    assert certificate == tmp_path / "keys/alice.crt"


def test_the_paths_of_a_mapping_start_here(content: dict[str, Any], plugins: Plugins) -> None:
    config = load_config(content, plugins)
    assert config.source == "config"
    assert config.transport.config.certificate == Path.cwd() / "alice.crt"


def test_a_mapping_may_hold_paths(
    content: dict[str, Any], plugins: Plugins, tmp_path: Path
) -> None:
    content["transport"]["certificate"] = tmp_path / "x.crt"
    assert load_config(content, plugins).transport.config.certificate == tmp_path / "x.crt"


def test_a_plugins_setting_is_made_of_the_config(loaded: NodeConfig) -> None:
    wire = loaded.transport
    assert loaded.setting(wire) == Setting("alice.example", wire.config, wire.peers, loaded.limits)


def test_attester_and_router_are_chosen(content: dict[str, Any], plugins: Plugins) -> None:
    content |= {"attester": {"plugin": "oath"}, "router": {"plugin": "far"}}
    config = load_config(content, plugins)
    assert config.attester is not None
    assert (config.attester.descriptor.name, config.router.descriptor.name) == ("oath", "far")


def test_a_transport_that_proves_who_stands_alone(plugins: Plugins) -> None:
    tables = {"party": {"id": "a"}, "transport": {"plugin": "sure"}, "peer": [{"id": "b"}]}
    assert load_config(tables, plugins).verifiers == ()


def test_the_repr_holds_no_keys_of_plugins(content: dict[str, Any], plugins: Plugins) -> None:
    content["transport"]["private_key"] = "hunter2"
    assert "hunter2" not in repr(load_config(content, plugins))


UNREADABLE = {
    "syntax": (b"[party]\nid = \n", "line 2, column 6"),
    "unfinished": (b'id = "', "end of document"),
    "twice": (b"a = 1\na = 2\n", "line 2, column 6"),
    "no text": (b"\xff\xfe", "byte 0"),
    "number too long": (b"a = " + b"9" * 5000, "file"),
    "nested too deep": (b"a = " + b"[" * 100_000, "file"),
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_file_that_is_no_toml_is_refused_with_the_place(
    how: str, tmp_path: Path, plugins: Plugins
) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(UNREADABLE[how][0])
    with pytest.raises(ConfigInvalid) as caught:
        load_config(str(path), plugins)
    assert caught.value.source == str(path)
    assert [mistake.key for mistake in caught.value.mistakes] == [UNREADABLE[how][1]]


@pytest.mark.parametrize("name", ["nowhere.toml", ".", "a\0b", "x" * 5000])
def test_a_file_that_cannot_be_read_is_refused(name: str, tmp_path: Path, plugins: Plugins) -> None:
    with pytest.raises(ConfigInvalid, match="not readable"):
        load_config(f"{tmp_path}/{name}", plugins)


@attrs.frozen
class Odd:
    when: complex = 0


def opened(*_: object) -> NoReturn:
    raise AssertionError("a config opens nothing")


def test_a_plugin_whose_keys_cannot_be_read_is_broken() -> None:
    class Broken:
        @hookimpl
        def register_transports(self) -> Sequence[TransportDescriptor]:
            return [TransportDescriptor("odd", opened, config=Odd)]

    with pytest.raises(PluginBroken, match="complex"):
        load_config({"transport": {"plugin": "odd"}}, Plugins([Broken()]))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[party]\nid = alice\n", "Invalid value; text is written in quotes"),
        ("[peer]\n[peer]\n", "twice; write [[peer]], with two brackets"),
        ("[verifier]\n[verifier]\n", "twice; write [[verifier]], with two brackets"),
        ("[party]\n[party]\n", "twice"),
    ],
)
def test_what_everybody_gets_wrong_once_is_told_with_its_remedy(
    text: str, hint: str, tmp_path: Path, plugins: Plugins
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        load_config(str(path), plugins)
    (mistake,) = caught.value.mistakes
    assert mistake.problem.endswith(hint)
