"""The verifier as a config names it: what fits together, and what people are told."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.config import load_config
from partywire.config.tables import NOBODY
from partywire.delivery.limits import Limits
from partywire.errors import ConfigInvalid
from partywire.hookspecs import Setting
from partywire.identity import KEY, WHAT, WHEN
from partywire.plugins import Plugins
from partywire_nitro_attest.peers import (
    NO_PARTY_CERTIFICATE,
    NO_USE,
    TWO_SIGNERS,
    UNBOUND,
    NitroPeer,
)
from partywire_nitro_attest.plugin import open_verifier, remarks
from partywire_nitro_attest.verifier import NitroVerifier
from tests.certificates.building import DAY, Held, make

from .enclaves import CONFIG, release

if TYPE_CHECKING:
    from partywire.config.model import NodeConfig

RELEASE = attrs.asdict(release("an image"))


def content(*peers: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A config whose transport proves who is there."""
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "enclaves"},
        "verifier": [{"plugin": "nitro", "release": [RELEASE], **own}],
        "peer": list(peers),
    }


def load(given: dict[str, Any]) -> NodeConfig:
    return load_config(given, Plugins())


def mistakes(given: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load(given)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def written(folder: Path, *held: Held, name: str = "party.crt") -> str:
    path = folder / name
    path.write_bytes(b"".join(each.pem for each in held))
    path.chmod(0o644)
    return str(path)


def anchored(party: str, path: str, **keys: Any) -> dict[str, Any]:
    return {"id": party, "anchor": "by-attestation", "party_certificate": path, **keys}


def test_it_proves_what_runs_there_and_never_who() -> None:
    assert Plugins().verifier("nitro").proves == {WHAT, WHEN, KEY}


def test_alone_it_proves_nobody(tmp_path: Path) -> None:
    given = content({"id": "bob", "address": "127.0.0.1:7001"})
    transport = {
        "plugin": "grpc-mtls",
        "listen": "127.0.0.1:7000",
        "certificate": str(tmp_path / "alice.crt"),
        "private_key": str(tmp_path / "alice.key"),
    }
    assert mistakes({**given, "transport": transport})["verifier"] == NOBODY


def test_a_config_in_either_mode_is_sound(tmp_path: Path) -> None:
    path = written(tmp_path, make("carol", now=time.time()))
    given = content({"id": "bob", "anchor": "ca"}, anchored("carol", path))
    chosen = load(given).verifiers[0]
    bob, carol = chosen.peers["bob"], chosen.peers["carol"]
    assert (bob.by_attestation, carol.by_attestation) == (False, True)
    assert bob.bound
    assert carol.pins(carol.certificates[0]).keys() == {8}


def test_what_does_not_go_together_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, make("erin", now=time.time()))
    signer = written(tmp_path, make("frank", now=time.time()), name="frank.crt")
    found = mistakes(
        content(
            {"id": "bob", "anchor": "by-attestation"},
            {"id": "carol", "wire": "reference"},
            {"id": "dave", "wire": "reference", "level": "certificate"},
            {"id": "erin", "anchor": "ca", "party_certificate": path},
            anchored("frank", signer, pcrs={"pcr8": "1" * 96}),
        )
    )
    assert found == {
        "peer[0].party_certificate": NO_PARTY_CERTIFICATE,
        "peer[1].level": UNBOUND,
        "peer[3].party_certificate": NO_USE,
        "peer[4].pcrs": TWO_SIGNERS,
    }


def test_the_party_certificate_is_of_that_peer_and_of_no_other(tmp_path: Path) -> None:
    path = written(tmp_path, make("bob", now=time.time()))
    found = mistakes(content(anchored("bob", path), anchored("carol", path)))
    assert found.keys() == {"peer[1].party_certificate"}
    shared = make("bob", now=time.time())
    own = make("carol", now=time.time(), key=shared.key)
    given = [
        anchored("bob", written(tmp_path, shared, name="bob.crt")),
        anchored("carol", written(tmp_path, own, name="carol.crt")),
    ]
    found = mistakes(content(*given))
    assert "its key is that of bob too" in found["peer[1].party_certificate"]


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (None, "No such file or directory; ask that peer for its certificate"),
        (b"", "no certificate in PEM"),
        (b"-----BEGIN CERTIFICATE-----", "cannot be read"),
        (make("bob", now=0).pem, "expired"),
        (make("bob", now=4_000_000_000).pem, "is not valid before"),
        (make("bob", now=0).pem * 3, "at most 2"),
        (make("bob", now=0).key_pem, "private key"),
    ],
)
def test_a_file_without_a_party_certificate_in_date_is_told(
    tmp_path: Path, pem: bytes | None, said: str
) -> None:
    path = tmp_path / "bob.crt"
    if pem is not None:
        path.write_bytes(pem)
    found = mistakes(content(anchored("bob", str(path))))
    assert found.keys() == {"peer[0].party_certificate"}
    assert said in found["peer[0].party_certificate"]


def test_a_folder_is_no_party_certificate(tmp_path: Path) -> None:
    assert "it is no regular file" in str(mistakes(content(anchored("bob", str(tmp_path)))))


def test_a_check_of_user_data_that_is_not_installed_is_a_mistake() -> None:
    found = mistakes(content({"id": "bob"}, user_data_check="readiness"))
    assert "there is none" in found["verifier[0].user_data_check"]


def setting(config: Any, **peers: NitroPeer) -> Setting:
    return Setting("alice", config, peers, Limits())


def test_a_verifier_is_opened_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    sound = attrs.evolve(CONFIG, development_root=None)
    assert isinstance(open_verifier(setting(sound, bob=NitroPeer())), NitroVerifier)
    assert caplog.records == []


def test_a_development_root_and_debug_mode_are_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "partywire"):
        open_verifier(setting(attrs.evolve(CONFIG, allow_debug=True)))
    development, debug = [record.getMessage() for record in caplog.records]
    assert development.startswith("DEVELOPMENT: ")
    assert str(CONFIG.development_root) in development
    assert "debug mode" in debug


@pytest.mark.parametrize("pcr", [None, "pcr3", "pcr4", "pcr16"])
def test_a_peer_that_a_copy_of_its_image_could_be_is_warned_of(
    tmp_path: Path, pcr: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The signature of an image is in every copy; the role and the instance are not."""
    path = Path(written(tmp_path, make("carol", now=time.time())))
    pins = {} if pcr is None else {pcr: "1" * 96}
    carol = NitroPeer(pcrs=pins, party_certificate=path, anchor="by-attestation")
    sound = attrs.evolve(CONFIG, development_root=None)
    given = setting(sound, bob=NitroPeer(anchor="ca"), carol=carol)
    with caplog.at_level(logging.WARNING, "partywire"):
        open_verifier(given)
    warned = [line for line in remarks(given) if line.startswith("Warning: ")]
    if pcr in ("pcr3", "pcr4"):
        assert not warned
        assert not caplog.messages
        return
    assert [f"Warning: {line}" for line in caplog.messages] == warned
    [line] = warned
    assert line.startswith("Warning: carol: whoever has a copy of its signed image")
    assert "pin its hash as pcr3 in the pcrs of its [[peer]] table" in line


def test_remarks_say_what_is_trusted_and_how_each_peer_is_proved(tmp_path: Path) -> None:
    now = time.time()
    held = make("carol", now=now, end=2.5 * DAY)
    path = tmp_path / "carol.crt"
    path.write_bytes(held.pem)
    path.chmod(0o664)
    pins = {"pcr3": "1" * 96}
    carol = NitroPeer(pcrs=pins, party_certificate=path, anchor="by-attestation")
    lines = remarks(setting(CONFIG, bob=NitroPeer("certificate"), carol=carol))
    assert lines[0] == "nitro trusts 2 releases: former, an image"
    assert lines[1].startswith("carol: its party certificate ends at ")
    assert lines[2].startswith('bob: level = "certificate": its document is fresh to within 185')
    warned = [line.removeprefix("Warning: ") for line in lines[3:]]
    assert warned[0].startswith("DEVELOPMENT: ")
    assert warned[1].startswith("others than its owner can write to ")
    assert warned[2].endswith("; carol has to renew it")
    sound = attrs.evolve(CONFIG, development_root=None)
    assert not any("Warning" in line for line in remarks(setting(sound, bob=NitroPeer())))
