"""``partywire attestation export-ca`` and ``development-root``: what peers are given."""

from __future__ import annotations

import hashlib
import stat
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from partywire_cli.main import main
from partywire_grpc.certificates.files import read_private
from partywire_grpc.certificates.making import authority, self_signed
from partywire_grpc.certificates.reading import read_leaves
from partywire_nitro_attest.development.root_file import root_of_pem

from .running import run

if TYPE_CHECKING:
    from pathlib import Path

ALICE = "alice.example"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A party in full-auto, whose CA lies beside its config."""
    ca = authority(ALICE, now=time.time())
    (tmp_path / "ca.crt").write_bytes(ca.certificate_pem)
    (tmp_path / "ca.key").write_bytes(ca.key_pem)
    (tmp_path / "ca.key").chmod(0o600)
    own = self_signed(ALICE, now=time.time())
    (tmp_path / "party.crt").write_bytes(own.certificate_pem)
    return written(
        tmp_path,
        '[attester]\nplugin = "nsm"\nmode = "full-auto"\n'
        'ca_certificate = "ca.crt"\nca_key = "ca.key"\n',
    )


def written(folder: Path, attester: str) -> Path:
    path = folder / "alice.toml"
    path.write_text(
        f'[party]\nid = "{ALICE}"\n[transport]\nplugin = "inmemory"\nnetwork = "ca"\n{attester}'
        '[[peer]]\nid = "bob.example"\n',
        "utf-8",
    )
    return path


def test_the_ca_is_printed_without_its_key(config: Path) -> None:
    result = run("export-ca", config)
    assert result.exit_code == 0, result.output
    [exported] = read_leaves(result.stdout.encode(), ALICE)
    [own] = read_leaves((config.parent / "ca.crt").read_bytes(), ALICE)
    assert exported == own
    assert result.stdout.startswith(f"SHA-256 {own.sha256}\n")


def test_nothing_of_the_peers_has_to_be_there(config: Path) -> None:
    """At the first roll-out each party exports its CA before it has that of any other."""
    own = config.read_text("utf-8").partition("[transport]")[0]
    _, _, attester = config.read_text("utf-8").partition("[attester]")
    keys = attester.partition("[[peer]]")[0]
    config.write_text(
        f'{own}[attester]{keys}[transport]\nplugin = "grpc-mtls"\nlisten = "0.0.0.0:7000"\n'
        '[[verifier]]\nplugin = "x509"\n[[peer]]\nid = "bob.example"\naddress = "bob:7000"\n'
        'certificate = "not here yet.crt"\nanchor = "ca"\n',
        "utf-8",
    )
    assert CliRunner().invoke(main, ["check", str(config)]).exit_code == 1
    result = run("export-ca", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SHA-256 ")


def test_what_is_wrong_with_its_own_part_is_told(config: Path) -> None:
    text = config.read_text("utf-8").replace(ALICE, "Alice").replace("full-auto", "auto")
    config.write_text(text, "utf-8")
    result = run("export-ca", config)
    assert result.exit_code == 1
    for key in ("party.id: ", "attester.mode: "):
        assert f"\n  {key}" in result.stderr


def test_a_ca_without_its_key_is_not_exported(config: Path) -> None:
    other = authority(ALICE, now=time.time())
    (config.parent / "ca.crt").write_bytes(other.certificate_pem)
    result = run("export-ca", config)
    assert result.exit_code != 0
    assert "is not the key of the certificate" in result.stderr
    assert not result.stdout


MEASURED = (
    '[attester]\nplugin = "nsm"\nmode = "semi-auto"\nparty_certificate = "party.crt"\n'
    "measure_config = true\n"
)


def test_what_peers_pin_is_printed(config: Path) -> None:
    path = written(config.parent, MEASURED)
    text = run("measure", path, "--text")
    assert text.stdout == (
        f"partywire trusts, in format 1\nparty {ALICE}\npeer bob.example\n"
        "transport inmemory\n  network 'ca'\nrouter local\n"
    )
    extended = hashlib.sha384(bytes(48) + hashlib.sha384(text.stdout.encode()).digest())
    result = run("measure", path)
    assert result.exit_code == 0, result.output
    assert result.stdout == f'pcr16 = "{extended.hexdigest()}"\n'


def test_peers_need_no_key_of_a_party_to_measure_its_config(config: Path) -> None:
    path = written(config.parent, MEASURED)
    before = run("measure", path).stdout
    for name in ("ca.key", "ca.crt", "party.crt"):
        (config.parent / name).unlink()
    assert run("measure", path).stdout == before != ""


@pytest.mark.parametrize("attester", ["", MEASURED.replace("true", "false")])
def test_a_config_that_nothing_measures_has_no_pcr(config: Path, attester: str) -> None:
    result = run("measure", written(config.parent, attester))
    assert result.exit_code != 0
    assert "no [attester] with measure_config = true" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    ("attester", "said"),
    [
        ("", "attester: missing"),
        (
            '[attester]\nplugin = "nsm"\nmode = "semi-auto"\nparty_certificate = "party.crt"\n',
            "in semi-auto there is no CA",
        ),
    ],
)
def test_a_party_without_a_ca_is_told_what_its_peers_need(
    config: Path, attester: str, said: str
) -> None:
    result = run("export-ca", written(config.parent, attester))
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_root_of_development_is_for_its_owner_alone(tmp_path: Path) -> None:
    result = run("development-root", tmp_path / "new")
    assert result.exit_code == 0, result.output
    root = root_of_pem(read_private(tmp_path / "new/root.pem"))
    assert stat.S_IMODE((tmp_path / "new/root.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    public = (tmp_path / "new/root.crt").read_bytes()
    assert b"PRIVATE" not in public
    assert x509.load_pem_x509_certificate(public) == root.certificate
    assert f'development_root = "{root.certificate.fingerprint(SHA256()).hex()}"\n' in result.stdout
    assert "prove nothing" in result.stdout


def test_no_root_is_written_over(tmp_path: Path) -> None:
    run("development-root", tmp_path / "new")
    before = (tmp_path / "new/root.pem").read_bytes()
    result = run("development-root", tmp_path / "new")
    assert result.exit_code != 0
    assert "take a folder that is not there yet" in result.stderr
    assert (tmp_path / "new/root.pem").read_bytes() == before
