"""What is wrong with the certificates of a config is told with its key, all at once."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.hookspecs import VerifierDescriptor, hookimpl
from partywire.identity import KEY
from partywire.node.assembly import opened_verifiers
from partywire.plugins import Plugins
from partywire.testing import PluginContract
from partywire_grpc_mtls import x509_plugin
from tests.certificates.building import DAY, Held, authority, make
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import REPLICA, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = time.time()


class KeyProver:
    @hookimpl
    def register_verifiers(self) -> list[VerifierDescriptor]:
        return [VerifierDescriptor("enclave", lambda _: NotImplemented, frozenset({KEY}))]


def config(*peers: Mapping[str, Any], **tables: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "certificates"},
        "verifier": [{"plugin": "x509"}],
        "peer": list(peers),
        **tables,
    }


def refused(content: Mapping[str, Any], *plugins: object) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, Plugins(plugins))
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class Files:
    """Peers whose certificates are in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def peer(self, party: str, *held: Held, **keys: str) -> dict[str, str]:
        return self.text(party, b"".join(each.pem for each in held), **keys)

    def text(self, party: str, pem: bytes, **keys: str) -> dict[str, str]:
        path = self.folder / f"{party}.crt"
        path.write_bytes(pem)
        return {"id": party, "certificate": str(path), **keys}


class TestPlugin(PluginContract):
    plugin: ClassVar[object] = x509_plugin
    kind = "verifier"
    name = "x509"
    distribution = "partywire-grpc-mtls"
    written: dict[str, dict[str, str]]

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.written = town(NOW).written(tmp_path)

    def config(self) -> Mapping[str, Any]:
        peers = [{"id": party, **keys} for party, keys in self.written.items()]
        return config(*(peer for peer in peers if peer["id"] != "alice"))


def test_all_mistakes_are_told_at_once_each_with_its_key(files: Files) -> None:
    content = config(
        {"id": "bob", "certificate": str(files.folder / "nothing.crt")},
        files.text("carol", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        files.text("dora", b"hello"),
        {"id": "erin"},
        files.peer("frank", make("francis", now=NOW)),
        files.peer("gil", make("gil", now=NOW), anchor="by-attestation"),
        {"id": "hal", "anchor": "by-attestation"},
        {"id": "ida", "certificate": str(files.folder)},
        files.peer("jo", make("jo", now=NOW), anchor="authority"),
    )
    found = refused(content)
    words = {
        "peer[0].certificate": "No such file or directory; ask that peer for its",
        "peer[1].certificate": "carol.crt: the certificate cannot be read",
        "peer[2].certificate": "dora.crt: no certificate in PEM",
        "peer[3].certificate": "missing; give the peer's certificate",
        "peer[4].certificate": 'the certificate is of "francis"',
        "peer[5].certificate": "remove this key",
        "peer[6].anchor": "no other verifier of this config proves whose the key is",
        "peer[7].certificate": "it is no regular file",
        "peer[8].anchor": 'expected "configured" or "ca" or "by-attestation"',
    }
    assert set(found) == set(words)
    for key, text in words.items():
        assert text in found[key]


@pytest.mark.parametrize("name", [n for n, each in IMPOSTORS.items() if each.party == "bob"])
def test_a_certificate_that_would_be_refused_is_a_mistake(name: str, files: Files) -> None:
    place = town(NOW)
    impostor = IMPOSTORS[name]
    shown = impostor.make(place)
    content = config(files.peer("bob", Held(shown.der)), files.peer("carol", place.own["carol"]))
    if "neither" in impostor.refused or "only signed by" in impostor.refused:
        load_config(content, Plugins())  # configured, it is the anchor, byte for byte
    else:
        assert list(refused(content)) == ["peer[0].certificate"]


@pytest.mark.parametrize(
    ("name", "odd", "words"),
    [
        ("mallory", {}, 'the CA "mallory"; r1.bob needs one called r1.bob or bob'),
        ("bob", {"ca": False}, "says of itself that it is no CA"),
        ("bob", {"ca": None}, "says of itself that it is no CA"),
        ("bob", {"usages": ("digital_signature",)}, "keyUsage is without keyCertSign"),
        ("bob", {"begin": -9 * DAY, "end": -DAY}, "expired at"),
        ("bob", {"begin": DAY}, "not valid before"),
    ],
)
def test_a_ca_that_could_not_vouch_is_a_mistake(
    name: str, odd: dict[str, Any], words: str, files: Files
) -> None:
    found = refused(config(files.peer("r1.bob", authority(name, NOW, **odd), anchor="ca")))
    assert list(found) == ["peer[0].certificate"]
    assert words in found["peer[0].certificate"]


def test_one_generation_in_date_is_enough(files: Files) -> None:
    old, new = make("bob", now=NOW, begin=-9 * DAY, end=-DAY), make("bob", now=NOW)
    load_config(config(files.peer("bob", old, new)), Plugins())
    coming = make("bob", now=NOW, begin=DAY)
    assert "peer[0].certificate" in refused(config(files.peer("bob", old, coming)))


def test_three_certificates_are_too_many(files: Files) -> None:
    three = [make("bob", now=NOW) for _ in range(3)]
    found = refused(config(files.peer("bob", *three)))
    assert "3 certificates; at most 2 are taken, and no chain" in found["peer[0].certificate"]


def test_a_private_key_in_the_file_is_told_and_not_shown(files: Files) -> None:
    held = make("bob", now=NOW)
    found = refused(config(files.text("bob", held.pem + held.key_pem)))
    assert "belongs to its owner alone" in found["peer[0].certificate"]


def test_a_pipe_is_not_waited_for(files: Files) -> None:
    path = files.folder / "pipe"
    os.mkfifo(path)
    found = refused(config({"id": "bob", "certificate": str(path)}))
    assert "it is no regular file" in found["peer[0].certificate"]


def test_one_key_under_two_parties_is_a_mistake_at_the_second(files: Files) -> None:
    bobs = make("bob", now=NOW)
    carols = make("carol", now=NOW, key=bobs.key)
    daves = authority("dave", NOW, key=bobs.key)
    peers = [files.peer("bob", bobs), files.peer("carol", carols)]
    found = refused(config(*peers, files.peer("dave", daves, anchor="ca")))
    assert list(found) == ["peer[1].certificate", "peer[2].certificate"]
    assert "its key is that of bob too" in found["peer[1].certificate"]


def test_replicas_may_share_the_ca_of_their_party(files: Files) -> None:
    ca = authority("dave.example", NOW)
    peers = [files.peer(f"r{n}.dave.example", ca, anchor="ca") for n in (1, 2)]
    load_config(config(*peers), Plugins())


def test_a_peer_by_attestation_needs_a_verifier_that_proves_its_key() -> None:
    peer = {"id": "bob", "anchor": "by-attestation"}
    both = [{"plugin": "x509"}, {"plugin": "enclave"}]
    load_config(config(peer, verifier=both), Plugins([KeyProver()]))
    twice = [{"plugin": "x509"}, {"plugin": "x509"}]
    assert list(refused(config(peer, verifier=twice))) == ["peer[0].anchor"]


def test_where_a_mistake_stands_is_counted_in_the_file(files: Files) -> None:
    peers: list[Any] = [7, {"id": "NO"}, files.peer("bob", make("erin", now=NOW))]
    assert set(refused(config(*peers))) >= {"peer[0]", "peer[1].id", "peer[2].certificate"}


@pytest.mark.parametrize(
    ("odd", "warned"),
    [
        ({}, False),
        ({"usages": None}, True),
        ({"usages": ("digital_signature", "key_cert_sign")}, True),
        ({"ca": True}, True),
        ({"ca": None}, False),
    ],
)
def test_a_configured_certificate_that_may_sign_others_is_warned_of_once(
    odd: dict[str, Any], warned: bool, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    content = config(files.peer("bob", make("bob", now=NOW, **odd)))
    with caplog.at_level(logging.WARNING):
        opened_verifiers(load_config(content, Plugins()))
    said = [record.message for record in caplog.records if "may sign others" in record.message]
    assert len(said) == warned
    assert all("the configured certificate of bob" in each for each in said)


def test_a_ca_is_meant_to_sign_others(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    ca = authority("dave.example", NOW)
    with caplog.at_level(logging.WARNING):
        opened_verifiers(load_config(config(files.peer(REPLICA, ca, anchor="ca")), Plugins()))
    assert not caplog.records


def test_a_ca_that_is_not_said_to_be_one_is_told_with_its_remedy(files: Files) -> None:
    found = refused(config(files.peer("carol", authority("carol", NOW))))
    assert found["peer[0].certificate"] == (
        'the certificate is one of a CA; if it is the CA of carol, add anchor = "ca" to this table'
    )
    other = refused(config(files.peer("carol", authority("bob", NOW))))
    assert "anchor" not in other["peer[0].certificate"]


def test_a_key_in_the_place_of_a_certificate_is_told(files: Files) -> None:
    found = refused(config(files.text("bob", make("bob", now=NOW).key_pem)))
    assert "bob.crt: a private key is in it" in found["peer[0].certificate"]
