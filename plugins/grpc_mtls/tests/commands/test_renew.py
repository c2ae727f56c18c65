"""``partywire certificate renew``, ``request``, ``take``, ``issue``: replaced, kept, refused."""

from __future__ import annotations

import ssl
import stat
import tomllib
from functools import partial
from pathlib import Path
from time import time

import anyio
import anyio.to_thread
import pytest

from partywire import open_node
from partywire_grpc.certificates.making import DAY
from tests.certificates.building import make
from tests.loopback import free_ports

from .renewals import contents, done, fits, leaf_of, refused, renew, take


def test_a_new_certificate_of_the_same_key(own: Path) -> None:
    before, former = contents(own.parent), leaf_of(own)
    output = renew(own, "--days=30")
    after, leaf = contents(own.parent), leaf_of(own)
    kept = f"alice_{former.sha256[:16]}.crt"
    assert after == {**before, kept: before["alice.crt"], "alice.crt": after["alice.crt"]}
    assert (leaf.key_sha256, fits(own)) == (former.key_sha256, True)
    assert leaf.not_after - time() < 30 * DAY < former.not_after - time()
    assert leaf.sha256 in output
    assert "give" in output
    done("certificate", "check", own, "--party=alice", "--anchor", own.with_name(kept))


def test_a_new_key_without_a_ca_waits_for_the_peers(own: Path) -> None:
    before = contents(own.parent)
    output = renew(own, "--new-key")
    beside = contents(own.parent)
    assert before.items() < beside.items()
    assert set(beside) - set(before) == {"alice_next.crt", "alice_next.key"}
    assert f"partywire certificate take {own}" in output
    digits = leaf_of(own).sha256[:16]
    take(own)
    after = contents(own.parent)
    assert after["alice.crt"] == beside["alice_next.crt"]
    assert after["alice.key"] == beside["alice_next.key"]
    assert after[f"alice_{digits}.crt"] == before["alice.crt"]
    assert after[f"alice_{digits}.key"] == before["alice.key"]
    assert len(after) == len(before) + 2
    assert fits(own)


def test_the_own_ca_issues_another_one_of_a_new_key(by_ca: tuple[Path, Path]) -> None:
    own, ca = by_ca
    former = leaf_of(own)
    output = renew(own, "--ca", ca)
    assert leaf_of(own).key_sha256 != former.key_sha256
    assert fits(own)
    assert "give" not in output
    done("certificate", "check", own, "--party=carol", "--anchor", ca)
    kept = own.with_name(f"carol_{former.sha256[:16]}.key")
    assert {stat.S_IMODE(each.stat().st_mode) for each in (own.with_suffix(".key"), kept)} == {
        0o600
    }


def test_no_certificate_outlasts_its_ca(by_ca: tuple[Path, Path]) -> None:
    own, ca = by_ca
    renew(own, "--ca", ca, "--days=3650")
    assert leaf_of(own).not_after <= leaf_of(ca).not_after


def test_what_broke_off_midway_is_ended_by_another_call(
    by_ca: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the key and the certificate the two do not fit, and a node takes neither."""
    own, ca = by_ca
    rename = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target == own:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        assert "No space left" in refused("certificate", "renew", own, "--ca", ca)
    assert not fits(own)
    take(own)
    assert fits(own)
    names = {path.name for path in own.parent.iterdir()}
    assert "carol_next.crt" not in names
    assert len(names) == 5


@pytest.mark.parametrize("name", ["alice_next.crt", "alice_next.key"])
def test_nothing_is_written_over_or_through_a_link(own: Path, name: str, tmp_path: Path) -> None:
    (own.parent / name).symlink_to(tmp_path / "elsewhere")
    before = {path: path.is_symlink() or path.read_bytes() for path in own.parent.iterdir()}
    assert "is there already" in refused("certificate", "renew", own, "--new-key")
    assert before == {path: path.is_symlink() or path.read_bytes() for path in own.parent.iterdir()}
    assert not (tmp_path / "elsewhere").exists()


def test_what_has_the_name_of_what_is_kept_stays(own: Path) -> None:
    kept = own.with_name(f"alice_{leaf_of(own).sha256[:16]}.crt")
    kept.write_bytes(b"something else")
    before = own.read_bytes()
    assert f"{kept} is there already" in refused("certificate", "renew", own)
    assert (own.read_bytes(), kept.read_bytes()) == (before, b"something else")


def test_there_is_nothing_to_take(own: Path) -> None:
    assert "alice_next.crt: it cannot be read" in refused("certificate", "take", own)


def test_what_is_to_follow_is_judged_before_it_does(own: Path) -> None:
    before = own.read_bytes()
    for other, problem in [
        (make("bob", now=time()), 'the certificate is of "bob"'),
        (make("alice", now=time(), end=-1.0), "expired"),
    ]:
        own.with_name("alice_next.crt").write_bytes(other.pem)
        own.with_name("alice_next.key").touch(0o600)
        own.with_name("alice_next.key").write_bytes(other.key_pem)
        assert problem in refused("certificate", "take", own)
        assert own.read_bytes() == before


def test_what_cannot_be_renewed_here_is_said(own: Path, by_ca: tuple[Path, Path]) -> None:
    carols, ca = by_ca
    link = own.with_name("link.crt")
    link.symlink_to(own)
    named = make("alice", now=time(), dns=("alice", "*.alice"))
    odd = own.with_name("odd.crt")
    odd.write_bytes(named.pem)
    odd.with_suffix(".key").touch(0o600)
    odd.with_suffix(".key").write_bytes(named.key_pem)
    chain = own.with_name("chain.crt")
    chain.write_bytes(own.read_bytes() + ca.read_bytes())
    for arguments, problem in [
        ((carols,), "was issued by a CA"),
        ((ca,), "is no certificate that a party shows"),
        ((own, "--ca", ca), "is signed by its own key, and peers know it by that"),
        ((carols, "--ca", own), "this is the CA"),
        ((link,), "is a symbolic link"),
        ((odd,), "has other DNS names than its party alone: alice, *.alice"),
        ((chain,), "holds 2 certificates"),
        ((own.with_suffix(".key"),), "name the file of the certificate"),
        ((own.with_suffix(".toml"),), "no certificate"),
    ]:
        assert problem in refused("certificate", "renew", *arguments)
    own.with_suffix(".key").write_bytes(carols.with_suffix(".key").read_bytes())
    assert "is not the key of the certificate" in refused("certificate", "renew", own)
    assert "leave out --new-key" in refused(
        "certificate", "renew", carols, "--ca", ca, "--new-key", code=2
    )


@pytest.fixture(params=[(), ("--ca",)], ids=["self-signed", "own CA"])
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folders of Alice and Bob, whose nodes find each other."""
    ports = zip(("alice", "bob"), free_ports(2), strict=True)
    parties = [f"--party={party}=127.0.0.1:{port}" for party, port in ports]
    done("init", tmp_path, *parties, *request.param)
    return tmp_path


async def test_a_node_takes_it_when_it_reads_its_config_again(town: Path) -> None:
    own, ca = town / "alice/alice.crt", town / "alice_ca/alice_ca.crt"
    config = anyio.Path(town / "alice/alice.toml")
    listen = tomllib.loads(await config.read_text())["transport"]["listen"]
    host, _, port = listen.rpartition(":")
    with anyio.fail_after(40):
        async with (
            open_node(town / "alice/alice.toml") as alice,
            open_node(town / "bob/bob.toml") as bob,
            alice.session("renewed") as here,
            bob.session("renewed") as there,
        ):
            await here.send("bob", b"by the one before")
            assert await there.receive("alice") == b"by the one before"
            by = ["--ca", ca] if await anyio.Path(ca).exists() else []
            await anyio.to_thread.run_sync(partial(renew, own, *by))
            await alice.reload()
            here.next_round()
            there.next_round()
            await here.send("bob", b"by the new one")
            assert await there.receive("alice") == b"by the new one"
            look = partial(ssl.get_server_certificate, (host, int(port)))
            shown = await anyio.to_thread.run_sync(look)
    assert ssl.PEM_cert_to_DER_cert(shown) == (await anyio.to_thread.run_sync(leaf_of, own)).der


def test_a_ca_is_made_alone_and_issues_to_its_party(tmp_path: Path) -> None:
    output = done("certificate", "authority", "--party", "carol", tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["carol_ca"]
    made = tmp_path / "carol_ca" / "carol_ca.crt"
    assert {each.name for each in made.parent.iterdir()} == {"carol_ca.crt", "carol_ca.key"}
    assert made.with_suffix(".key").stat().st_mode & 0o077 == 0
    assert leaf_of(made).sha256 in output
    done("certificate", "issue", made, "--party", "carol", tmp_path)
    ends = "certificate", "check", tmp_path / "carol" / "carol.crt", "--party", "carol"
    assert "good as the certificate of carol" in done(*ends, "--anchor", made)


def test_a_ca_is_written_over_nothing_and_for_party_ids_alone(tmp_path: Path) -> None:
    done("certificate", "authority", "--party", "carol", tmp_path)
    before = (tmp_path / "carol_ca" / "carol_ca.key").read_bytes()
    assert "is there already" in refused("certificate", "authority", "--party", "carol", tmp_path)
    assert (tmp_path / "carol_ca" / "carol_ca.key").read_bytes() == before
    unfit = refused("certificate", "authority", "--party", "Carol_", tmp_path, code=2)
    assert "is no party id" in unfit
