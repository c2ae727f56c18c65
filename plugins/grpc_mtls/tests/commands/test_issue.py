"""``certificate request`` and ``issue``: what a party's own CA signs."""

from __future__ import annotations

import stat
from time import time
from typing import TYPE_CHECKING

import pytest

from partywire_grpc.certificates.making import DAY, authority, issued

from .renewals import contents, done, fits, leaf_of, refused, take

if TYPE_CHECKING:
    from pathlib import Path


def test_a_ca_that_has_ended_issues_nothing(tmp_path: Path) -> None:
    ended = authority("carol", now=time() - 3 * DAY, lifetime=2 * DAY)
    own = issued("carol", ended, now=time())
    for name, made in (("carol", own), ("ca", ended)):
        (tmp_path / f"{name}.crt").write_bytes(made.certificate_pem)
        (tmp_path / f"{name}.key").touch(0o600)
        (tmp_path / f"{name}.key").write_bytes(made.key_pem)
    for arguments in (
        ("renew", tmp_path / "carol.crt", "--ca", tmp_path / "ca.crt"),
        ("issue", tmp_path / "ca.crt", "--party=carol", tmp_path),
    ):
        assert "the CA expired" in refused("certificate", *arguments)


@pytest.mark.parametrize("party", ["carol", "east.carol"])
def test_a_ca_issues_to_another_machine_and_to_a_replica(
    by_ca: tuple[Path, Path], tmp_path: Path, party: str
) -> None:
    _, ca = by_ca
    output = done("certificate", "issue", ca, "--party", party, tmp_path / "new", "--days=9")
    folder = tmp_path / "new" / party
    own = folder / f"{party}.crt"
    assert fits(own)
    assert leaf_of(own).sha256 in output
    assert 8 * DAY < leaf_of(own).not_after - time() < 9 * DAY
    assert {path.name for path in folder.iterdir()} == {f"{party}.crt", f"{party}.key"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(own.with_suffix(".key").stat().st_mode) == 0o600
    done("certificate", "check", own, "--party", party, "--anchor", ca)
    assert "is there already" in refused(
        "certificate", "issue", ca, "--party", party, tmp_path / "new"
    )


def test_a_key_and_its_ca_stay_where_they_are(by_ca: tuple[Path, Path], tmp_path: Path) -> None:
    own, ca = by_ca
    before, former = contents(own.parent), leaf_of(own)
    done("certificate", "request", own)
    beside = contents(own.parent)
    assert before.items() < beside.items()
    assert set(beside) - set(before) == {"carol_next.csr", "carol_next.key"}
    assert stat.S_IMODE(own.with_name("carol_next.key").stat().st_mode) == 0o600
    sent = tmp_path / "sent.csr"
    sent.write_bytes(beside["carol_next.csr"])
    assert b"PRIVATE" not in sent.read_bytes()
    issue = ("certificate", "issue", ca, "--party=carol", "--request", sent, "--days=9")
    done(*issue)
    assert "sent.crt is there already" in refused(*issue)
    assert not sent.with_suffix(".key").exists()
    own.with_name("carol_next.crt").write_bytes(sent.with_suffix(".crt").read_bytes())
    take(own)
    assert fits(own)
    assert own.with_suffix(".key").read_bytes() == beside["carol_next.key"]
    assert leaf_of(own).key_sha256 != former.key_sha256
    assert 8 * DAY < leaf_of(own).not_after - time() < 9 * DAY
    done("certificate", "check", own, "--party=carol", "--anchor", ca)
    assert not [name for name in contents(own.parent) if "next" in name]


def test_a_request_of_another_party_is_refused(by_ca: tuple[Path, Path], tmp_path: Path) -> None:
    _, ca = by_ca
    done("init", "--self", tmp_path, "--party=alice=127.0.0.1:7001", "--ca")
    own = tmp_path / "alice/alice.crt"
    done("certificate", "request", own)
    request = own.with_name("alice_next.csr")
    for party, problem in (("carol", "the request is for alice"), ("alice", 'the CA "carol"')):
        assert problem in refused(
            "certificate", "issue", ca, "--party", party, "--request", request
        )
    refused("certificate", "issue", ca, "--party=carol", "--request", request, own.parent, code=2)
    assert "no request for a certificate" in refused(
        "certificate", "issue", ca, "--party=carol", "--request", own
    )
    assert not request.with_suffix(".crt").exists()


def test_a_request_is_made_once(by_ca: tuple[Path, Path]) -> None:
    own, _ = by_ca
    done("certificate", "request", own)
    before = contents(own.parent)
    assert "carol_next.key is there already" in refused("certificate", "request", own)
    own.with_name("carol_next.key").unlink()
    assert "carol_next.csr is there already" in refused("certificate", "request", own)
    del before["carol_next.key"]
    assert contents(own.parent) == before


def test_a_certificate_that_peers_know_itself_asks_no_ca(own: Path) -> None:
    before = contents(own.parent)
    assert "by no CA" in refused("certificate", "request", own)
    assert contents(own.parent) == before


def test_a_ca_issues_to_nobody_else(by_ca: tuple[Path, Path], tmp_path: Path) -> None:
    _, ca = by_ca
    for party, code in (("bob", 1), ("far.east.carol", 1), ("Carol", 2)):
        refused("certificate", "issue", ca, "--party", party, tmp_path / "new", code=code)
    assert not (tmp_path / "new").exists()
