"""``partywire init``: whose keys it makes, how they lie there, and that it writes over nothing."""

from __future__ import annotations

import os
import stat
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from partywire_cli.main import main
from partywire_grpc.certificates.keys import load_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

ALICE = ["--party", "alice=127.0.0.1:7001"]
BOB = ["--party", "bob=bob.example:7002"]
EAST = ["--party", "east.alice=[::1]:7003"]
TOWN = [*ALICE, *BOB, *EAST]


def init(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def done(*arguments: object) -> Result:
    result = init(*arguments)
    assert result.exit_code == 0, result.output
    return result


def listing(folder: Path) -> dict[str, set[str]]:
    return {each.name: {file.name for file in each.iterdir()} for each in folder.iterdir()}


def config(folder: Path, party: str) -> dict[str, Any]:
    return tomllib.loads((folder / party / f"{party}.toml").read_text())


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture(params=[0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_ones_own_key_certificate_and_config(tmp_path: Path) -> None:
    result = done("--self", tmp_path, "--party", "alice=0.0.0.0:7000")
    assert listing(tmp_path) == {"alice": {"alice.crt", "alice.key", "alice.toml"}}
    folder = tmp_path / "alice"
    load_credentials(folder / "alice.crt", folder / "alice.key", source="a test")
    assert config(tmp_path, "alice") == {
        "party": {"id": "alice"},
        "transport": {
            "plugin": "grpc-mtls",
            "listen": "0.0.0.0:7000",
            "certificate": "alice.crt",
            "private_key": "alice.key",
        },
        "verifier": [{"plugin": "x509"}],
    }
    assert f"give {folder / 'alice.crt'} to every peer" in result.output
    assert "for tests" not in result.output


def test_the_skeleton_says_how_a_peer_is_written(tmp_path: Path) -> None:
    done("--self", tmp_path, "--party", "alice=0.0.0.0:7000")
    text = (tmp_path / "alice/alice.toml").read_text()
    remarks = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]
    example = "\n".join(remarks[remarks.index("[[peer]]") :])
    assert tomllib.loads(example)["peer"][0] == {
        "id": "bob",
        "address": "bob.example:7000",
        "certificate": "bob.crt",
        "anchor": "ca",
    }


def test_peers_that_are_known_stand_in_it(tmp_path: Path) -> None:
    peers = ["--peer", "bob=bob.example:7000", "--peer", "carol=10.0.0.3:7000"]
    done("--self", tmp_path, "--party", "alice=0.0.0.0:7000", *peers)
    assert config(tmp_path, "alice")["peer"] == [
        {"id": "bob", "address": "bob.example:7000", "certificate": "bob.crt"},
        {"id": "carol", "address": "10.0.0.3:7000", "certificate": "carol.crt"},
    ]


def test_the_current_folder_is_meant_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done("--self", *ALICE)
    assert set(listing(tmp_path)) == {"alice"}


def test_with_an_own_authority_the_peers_are_given_that(tmp_path: Path) -> None:
    result = done("--self", tmp_path, *ALICE, "--ca")
    above = tmp_path / "alice_ca"
    assert listing(tmp_path)["alice_ca"] == {"alice_ca.crt", "alice_ca.key"}
    leaf = certificate(tmp_path / "alice/alice.crt")
    leaf.verify_directly_issued_by(certificate(above / "alice_ca.crt"))
    assert f'give {above / "alice_ca.crt"} to every peer (they add anchor = "ca")' in result.output


def test_a_deployment_for_tests_says_so(tmp_path: Path) -> None:
    result = done(tmp_path / "town", *TOWN)
    assert result.stderr.startswith("WARNING: a deployment for tests.")
    assert listing(tmp_path / "town") == {
        party: {f"{party}.toml", f"{party}.key", "alice.crt", "bob.crt", "east.alice.crt"}
        for party in ("alice", "bob", "east.alice")
    }


def test_all_configs_of_it_fit_together(tmp_path: Path) -> None:
    done(tmp_path, *TOWN)
    listens = {
        p: config(tmp_path, p)["transport"]["listen"] for p in ("alice", "bob", "east.alice")
    }
    assert listens == {
        "alice": "127.0.0.1:7001",
        "bob": "0.0.0.0:7002",
        "east.alice": "[::1]:7003",
    }
    assert config(tmp_path, "bob")["peer"] == [
        {"id": "alice", "address": "127.0.0.1:7001", "certificate": "alice.crt"},
        {"id": "east.alice", "address": "[::1]:7003", "certificate": "east.alice.crt"},
    ]
    for party in ("bob", "east.alice"):
        shown = (tmp_path / party / "alice.crt").read_bytes()
        assert shown == (tmp_path / "alice/alice.crt").read_bytes()


def test_every_party_has_an_authority_and_replicas_that_of_their_party(tmp_path: Path) -> None:
    done(tmp_path, *TOWN, "--ca")
    assert set(listing(tmp_path)) == {"alice", "bob", "east.alice", "alice_ca", "bob_ca"}
    assert config(tmp_path, "bob")["peer"] == [
        {"id": p, "address": a, "certificate": "alice_ca.crt", "anchor": "ca"}
        for p, a in [("alice", "127.0.0.1:7001"), ("east.alice", "[::1]:7003")]
    ]
    above = certificate(tmp_path / "bob/alice_ca.crt")
    for party in ("alice", "east.alice"):
        certificate(tmp_path / party / f"{party}.crt").verify_directly_issued_by(above)


def test_the_key_of_an_authority_lies_in_its_own_folder_alone(tmp_path: Path) -> None:
    done(tmp_path, *TOWN, "--ca")
    keys = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.key")}
    parties, authorities = ("alice", "bob", "east.alice"), ("alice_ca", "bob_ca")
    assert keys == {f"{name}/{name}.key" for name in (*parties, *authorities)}
    public = [
        load_pem_private_key((tmp_path / name).read_bytes(), None).public_key() for name in keys
    ]
    assert all(one != other for n, one in enumerate(public) for other in public[:n])


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("arguments", [["--self", *ALICE, "--ca"], [*TOWN, "--ca"]])
def test_keys_are_for_their_owner_alone(tmp_path: Path, arguments: list[str]) -> None:
    done(tmp_path, *arguments)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*/*.key")}
    assert len(modes) >= 2
    assert set(modes.values()) == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in modes} == {0o700}


def test_certificates_last_as_long_as_asked(tmp_path: Path) -> None:
    done("--self", tmp_path, *ALICE, "--days", 3)
    made = certificate(tmp_path / "alice/alice.crt")
    assert 3 <= (made.not_valid_after_utc - made.not_valid_before_utc).days <= 4


@pytest.mark.parametrize("obstacle", ["folder", "file", "link to nothing", "link to a folder"])
@pytest.mark.parametrize("name", ["bob", "bob_ca"])
def test_nothing_is_written_over_and_nothing_is_left(
    tmp_path: Path, obstacle: str, name: str
) -> None:
    there, elsewhere = tmp_path / "town" / name, tmp_path / "elsewhere"
    elsewhere.mkdir()
    there.parent.mkdir()
    match obstacle:
        case "folder":
            there.mkdir()
        case "file":
            there.write_text("before")
        case "link to nothing":
            there.symlink_to(tmp_path / "nothing")
        case _:
            there.symlink_to(elsewhere)
    result = init(tmp_path / "town", *TOWN, "--ca")
    assert result.exit_code == 1
    assert f"Error: {there} is there already" in result.output
    assert [path.name for path in there.parent.iterdir()] == [name]
    assert not there.is_file() or there.read_text() == "before"
    assert list(elsewhere.iterdir()) == []
    assert not (tmp_path / "nothing").exists()


def test_twice_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    done("--self", tmp_path, *ALICE)
    before = (tmp_path / "alice/alice.key").read_bytes()
    assert init("--self", tmp_path, *ALICE).exit_code == 1
    assert (tmp_path / "alice/alice.key").read_bytes() == before


def test_what_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def full(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) == 8:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = init(tmp_path, *TOWN)
    assert result.exit_code == 1
    path = tmp_path / "bob/bob.key"
    assert f"{path} cannot be written: No space left on device" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    assert init("--self", tmp_path / "file/below", *ALICE).exit_code == 1
    assert init("--self", tmp_path / "file", *ALICE).exit_code == 2
    assert (tmp_path / "file").read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing option '--party'; for your own key: partywire init --self --party alice="),
        (
            ["town", *BOB, "--party", "eve=bob.example:7002"],
            "eve: bob.example:7002 is the address of",
        ),
        (["town", *BOB, "--party", "eve=0.0.0.0:7000"], "eve: 0.0.0.0 is every address of"),
        (["--self", *ALICE, "--peer", "bob=127.0.0.1:7001"], "bob: at 127.0.0.1:7001 this party"),
        (["--self", "--party", "10.0.0.1=a:1"], "an IP address is none"),
        (["--self", "--party", "alice=a:70000"], "a port is from 1 to 65535"),
        (["town", *ALICE], "a --party for each of at least two parties"),
        ([*TOWN], "give DIR"),
        (["town", *TOWN, "--peer", "carol=c:1"], "no --peer"),
        (["--self", *ALICE, *BOB], "--self takes exactly one --party"),
        (["town", *ALICE, *ALICE], "alice is given twice"),
        (["--self", *ALICE, "--peer", "alice=a:1"], "alice is given twice"),
        (
            ["--self", "--party", "Alice=a:1"],
            "'Alice' is no party id: it is of lower case, as alice is",
        ),
        (["--self", "--party", "../alice=a:1"], "'../alice' is no party id"),
        (["--self", "--party", "alice"], "'' of alice: an address is host:port"),
        (["--self", "--party", "alice=unix:/x"], "an address is host:port"),
        (["--self", *ALICE, "--days", "0"], "'--days'"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = init(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_printed(tmp_path: Path) -> None:
    result = done(tmp_path, *TOWN, "--ca")
    for path in tmp_path.rglob("*.key"):
        for line in path.read_text().splitlines()[1:-1]:
            assert line not in result.output


def test_what_is_above_the_folder_is_not_made(tmp_path: Path) -> None:
    result = init(tmp_path / "a/b", "--self", *ALICE)
    assert result.exit_code == 1
    assert f"{tmp_path / 'a'} is not there; make it first. Nothing was written" in result.output
    assert list(tmp_path.iterdir()) == []
