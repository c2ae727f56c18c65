"""Opening a node: mistakes leave by name, before the first byte, and never in a group."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from partywire import open_node
from partywire.errors import (
    ConfigInvalid,
    NotReady,
    PartywireError,
    PluginNameClaimedTwice,
    Rejected,
    Unreachable,
)
from partywire.hookspecs import AttesterDescriptor, Setting, TransportDescriptor, hookimpl
from partywire.identity import WHO, Credentials, Evidence, Verdict
from partywire.interfaces import Channel, IdentityVerifier, Judge, Transport
from partywire.setting import Attester

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from anyio.abc import TaskStatus

    from partywire.inbox import Inbox


@attrs.frozen
class Keys:
    """How the transport fails: at opening, at serving, at connecting, or not at all."""

    fails: str = ""


class Alone(Transport):
    """A transport that reaches nobody."""

    def __init__(self, fails: str) -> None:
        self._fails = fails

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        if self._fails == "serve":
            raise Rejected("alice", "the address is taken")
        task_status.started()
        await anyio.sleep_forever()

    def connect(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Channel]:
        if self._fails == "connect":
            raise LookupError("a bug of the plugin")
        raise Unreachable(peer, "there is nobody")


@asynccontextmanager
async def open_alone(setting: Setting) -> AsyncIterator[Transport]:
    if setting.config.fails == "open":
        raise Rejected("alice", "no key")
    yield Alone(setting.config.fails)


class Nobody(IdentityVerifier):
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        raise AssertionError("nobody comes")


class Plugin:
    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor(
                "alone",
                open_alone,
                Keys,
                verifier=lambda _: Nobody(),
                proves=frozenset({WHO}),
            )
        ]


def config(fails: str = "", **tables: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "alone", "fails": fails},
        "peer": [{"id": "bob"}],
        **tables,
    }


async def test_an_unknown_plugin_is_named_with_those_installed() -> None:
    with pytest.raises(ConfigInvalid, match="no transport plugin is called 'carrier-pigeon'"):
        async with open_node(config(transport={"plugin": "carrier-pigeon"})):
            pass


async def test_every_mistake_is_named_at_once() -> None:
    wrong = config(session={"timing": "sometimes"}, limits={"linger": "-1s", "lingr": "1s"})
    wrong["peer"] = []
    with pytest.raises(ConfigInvalid) as caught:
        async with open_node(wrong, plugins=[Plugin()]):
            pass
    keys = {mistake.key for mistake in caught.value.mistakes}
    assert keys == {"session.timing", "limits.linger", "limits.lingr", "peer"}


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"alice\.toml"):
        async with open_node(tmp_path / "alice.toml"):
            pass


async def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "alice.toml"
    path.write_text(
        '[party]\nid = "alice"\n[transport]\nplugin = "alone"\n[[peer]]\nid = "bob"\n', "utf-8"
    )
    async with open_node(path, plugins=[Plugin()]) as node:
        assert (node.party, node.peers) == ("alice", ("bob",))


async def test_a_name_claimed_twice_is_no_chance() -> None:
    with pytest.raises(PluginNameClaimedTwice, match="'alone' is claimed by"):
        async with open_node(config(), plugins=[Plugin(), Plugin()]):
            pass


@pytest.mark.parametrize(("where", "words"), [("open", "no key"), ("serve", "address is taken")])
async def test_a_transport_that_cannot_be_opened_raises_its_own_error(
    where: str, words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        async with open_node(config(where), plugins=[Plugin()]):
            pass


@pytest.mark.parametrize(
    ("where", "words"), [("", "there is nobody"), ("connect", "failed with LookupError")]
)
async def test_a_peer_that_cannot_be_reached_does_not_end_the_node(where: str, words: str) -> None:
    async with open_node(config(where), plugins=[Plugin()]) as node:
        with pytest.raises(NotReady, match=words):
            await node.ready(timeout=0.02)


class Notary(Attester):
    async def credentials(self) -> Credentials:
        return Credentials(b"chain", b"secret")

    async def changed(self) -> None:
        await anyio.sleep_forever()

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        return binding


async def test_the_attester_of_the_config_is_open_before_the_transport_and_given_to_it() -> None:
    seen: list[object] = []

    @asynccontextmanager
    async def open_notary(_: Setting) -> AsyncIterator[Attester]:
        yield Notary()
        seen.append("notary closed")

    @asynccontextmanager
    async def open_seen(setting: Setting) -> AsyncIterator[Transport]:
        assert setting.attester is not None
        seen.append(await setting.attester.credentials())
        yield Alone("")
        seen.append("transport closed")

    class Attested(Plugin):
        @hookimpl
        def register_attesters(self) -> Sequence[AttesterDescriptor]:
            return [AttesterDescriptor("notary", open_notary)]

        @hookimpl
        def register_transports(self) -> Sequence[TransportDescriptor]:
            return [attrs.evolve(super().register_transports()[0], open=open_seen)]

    async with open_node(config(attester={"plugin": "notary"}), plugins=[Attested()]):
        assert seen == [Credentials(b"chain", b"secret")]
    assert seen[1:] == ["transport closed", "notary closed"]
    assert "secret" not in repr(seen[0])


def test_every_error_is_of_one_tree() -> None:
    for kind in (ConfigInvalid, NotReady, Rejected, PluginNameClaimedTwice):
        assert issubclass(kind, PartywireError)
