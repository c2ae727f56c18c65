"""Checking a config opens verifiers, and nothing that others could see."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire import CheckedConfig, check_config
from partywire.config import load_attester, load_config
from partywire.errors import ConfigInvalid, EvidenceInvalid, Mistake, PluginBroken
from partywire.hookspecs import (
    AttesterDescriptor,
    KeyMistake,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
    hookimpl,
)
from partywire.identity import WHO
from partywire.interfaces import IdentityVerifier
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from partywire.identity import Evidence, Verdict
    from partywire.interfaces import Transport
    from partywire.setting import Attester


class NoVerifier(IdentityVerifier):
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        raise EvidenceInvalid(expected, "nobody is asked")


@attrs.frozen
class Seal:
    colour: str = "red"


def broken(_: Setting) -> Sequence[str]:
    raise ZeroDivisionError


class Office:
    """A transport that must not be opened, and a verifier; both have something to say."""

    def __init__(self) -> None:
        self.opened: list[Setting] = []
        self.proved: list[frozenset[str]] = []

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [TransportDescriptor("post", self.post, remarks=lambda setting: [setting.party])]

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        return [
            VerifierDescriptor(
                "seal",
                self.seal,
                frozenset({WHO}),
                config=Seal,
                check=lambda setting, _: self.look(setting),
                remarks=lambda setting: [
                    f"{name}: {setting.config.colour}" for name in setting.peers
                ],
            ),
            VerifierDescriptor("mute", self.seal, frozenset()),
            VerifierDescriptor("rude", self.seal, frozenset(), remarks=broken),
        ]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        return [
            AttesterDescriptor(
                "notary",
                self.notary,
                Seal,
                check=self.attest,
                remarks=lambda setting: [f"{setting.party}: {setting.config.colour}"],
            )
        ]

    @asynccontextmanager
    async def notary(self, setting: Setting) -> AsyncIterator[Attester]:
        self.opened.append(setting)
        yield pytest.fail("an attester was opened")

    def attest(self, setting: Setting, proved: frozenset[str]) -> Sequence[KeyMistake]:
        self.proved.append(proved)
        assert (setting.attested, setting.peers) == (True, {})
        return self.look(setting)

    @asynccontextmanager
    async def post(self, setting: Setting) -> AsyncIterator[Transport]:
        self.opened.append(setting)
        yield pytest.fail("a transport was opened")

    def seal(self, setting: Setting) -> IdentityVerifier:
        self.opened.append(setting)
        return NoVerifier()

    def look(self, setting: Setting) -> Sequence[KeyMistake]:
        seen = setting.config.colour
        return [KeyMistake("colour", "is out of stock")] if seen == "green" else []


def config(*verifiers: str, **tables: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "post"},
        "verifier": [{"plugin": name} for name in verifiers],
        "peer": [{"id": "bob"}, {"id": "carol"}],
        **tables,
    }


def test_a_sound_config_is_told_with_the_remarks_of_its_plugins() -> None:
    office = Office()
    assert check_config(config("mute", "seal"), plugins=[office]) == CheckedConfig(
        source="config",
        party="alice",
        transport="post",
        verifiers=("mute", "seal"),
        attester=None,
        insecure=False,
        peers=("bob", "carol"),
        remarks=("alice", "bob: red", "carol: red"),
    )
    assert len(office.opened) == 2


def test_an_attester_is_looked_at_and_not_opened() -> None:
    office = Office()
    checked = check_config(config("seal", attester={"plugin": "notary"}), plugins=[office])
    assert checked.attester == "notary"
    assert checked.remarks[-1] == "alice: red"
    assert len(office.opened) == 1
    content = config("seal", attester={"plugin": "notary", "colour": "green"})
    with pytest.raises(ConfigInvalid) as caught:
        check_config(content, plugins=[office])
    assert caught.value.mistakes == (Mistake("attester.colour", "is out of stock"),)
    assert office.proved == [{WHO}, {WHO}]
    load_config(content, Plugins([office]), elsewhere=True)
    assert len(office.proved) == 2


def test_what_an_attester_is_opened_with_is_read_alone() -> None:
    office = Office()
    content = config("nobody", attester={"plugin": "notary"}, limits={"linger": "7s"}, peer="none")
    setting = load_attester(content, Plugins([office]))
    assert (setting.party, setting.config, setting.peers) == ("alice", Seal(), {})
    assert (setting.limits.linger, setting.attested) == (7.0, True)
    odd: dict[str, dict[str, Any]] = {
        "attester.colour": {"attester": {"plugin": "notary", "colour": "green"}},
        "attester.plugin": {"attester": {"plugin": "nobody"}},
        "attester": {"attester": None},
        "party.id": {"party": {"id": "Alice"}},
        "limits.linger": {"limits": {"linger": "soon"}},
        "pear": {"pear": {}},
    }
    for key, table in odd.items():
        given = {name: each for name, each in {**content, **table}.items() if each is not None}
        with pytest.raises(ConfigInvalid) as caught:
            load_attester(given, Plugins([office]))
        assert [each.key for each in caught.value.mistakes] == [key]


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "alice.toml"
    path.write_text(
        '[party]\nid = "alice"\n[transport]\nplugin = "post"\n'
        '[[verifier]]\nplugin = "seal"\n[[peer]]\nid = "bob"\n'
    )
    assert check_config(path, plugins=[Office()]).source == str(path)


def test_every_mistake_is_told_at_once() -> None:
    content = config(verifier=[{"plugin": "seal", "colour": "green"}], session={"timing": "soon"})
    with pytest.raises(ConfigInvalid) as caught:
        check_config(content, plugins=[Office()])
    assert {mistake.key for mistake in caught.value.mistakes} == {
        "session.timing",
        "verifier[0].colour",
    }
    assert Mistake("verifier[0].colour", "is out of stock") in caught.value.mistakes


def test_remarks_that_fail_are_a_fault_of_their_plugin() -> None:
    with pytest.raises(PluginBroken, match="'rude': its remarks failed: ZeroDivisionError"):
        check_config(config("seal", "rude"), plugins=[Office()])


def test_what_proves_nothing_is_said() -> None:
    transport = {"plugin": "grpc-insecure", "listen": "127.0.0.1:9", "allow_insecure": True}
    peer = [{"id": "bob", "address": "127.0.0.1:8"}]
    assert check_config(config(transport=transport, peer=peer)).insecure
