"""``partywire certificate``: what is shown of a certificate, and which ones are taken."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from partywire_cli.main import main
from partywire_grpc.certificates.making import DAY, self_signed
from tests.certificates.building import authority, make

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.certificates.building import Held

SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - as it must not be


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["certificate", *map(str, arguments)])


def written(folder: Path, *held: Held, name: str = "party.crt") -> Path:
    path = folder / name
    path.write_bytes(b"".join(each.pem for each in held))
    return path


def shown(path: Path) -> tuple[dict[str, str], list[str]]:
    """What is shown, by name, and the warnings."""
    result = run("show", path)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line]
    warnings = [line.removeprefix("Warning: ") for line in lines if line.startswith("Warning: ")]
    fields = [line.split("  ", 1) for line in lines if not line.startswith("Warning: ")]
    return {name: text.strip() for name, text in fields}, warnings


def test_what_a_certificate_says(tmp_path: Path) -> None:
    made = self_signed("alice", now=time() + 60)
    (tmp_path / "alice.crt").write_bytes(made.certificate_pem)
    fields, warnings = shown(tmp_path / "alice.crt")
    assert fields["subject"] == fields["issuer"] == "CN=alice"
    assert fields["names"] == "alice"
    assert "; ends in 365 days, at 20" in fields["valid"]
    assert fields["usages"] == "digitalSignature"
    assert fields["extended usages"] == "clientAuth, serverAuth"
    assert fields["CA"] == "no"
    assert fields["key"] == "elliptic curve secp256r1"
    assert fields["SHA-256"] == made.certificate.fingerprint(SHA256()).hex()
    assert warnings == []


def test_all_of_a_file_are_shown(tmp_path: Path) -> None:
    path = written(tmp_path, make("alice", now=time()), make("bob", now=time()))
    output = run("show", path).output
    assert output.count("\n\n") == 1
    assert output.index("CN=alice") < output.index("CN=bob")


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"usages": None}, "its key may sign for others"),
        ({"usages": ["digital_signature", "key_cert_sign"]}, "its key may sign for others"),
        ({"usages": ["key_agreement"]}, "keyUsage without digitalSignature"),
        ({"extended": [ExtendedKeyUsageOID.CLIENT_AUTH]}, "extendedKeyUsage without serverAuth"),
        ({"ca": True, "usages": ["key_cert_sign"]}, "CA:TRUE: its key signs for others"),
        ({"dns": []}, "no DNS name in a SAN"),
        ({"dns": ["*.alice"]}, "lacks the DNS name alice"),
        ({"end": 13.5 * DAY}, "it ends in 13 days, at 20"),
        ({"end": -7200.0}, "it expired 2 hours ago"),
        ({"begin": 3.5 * DAY}, "it begins in 3 days"),
        (
            {"key": ec.generate_private_key(ec.SECP521R1())},
            "elliptic curve secp521r1, is of a kind",
        ),
        ({"key": SHORT}, "RSA of 1024 bits, is of a kind or size"),
    ],
)
def test_what_is_odd_about_it(tmp_path: Path, changes: dict[str, Any], warning: str) -> None:
    _, warnings = shown(written(tmp_path, make("alice", now=time(), **changes)))
    assert len(warnings) == 1
    assert warning in warnings[0]


@pytest.mark.parametrize("name", ["Alice", "a b", "\x1b[31malice\n", "[red]alice"])
def test_names_from_outside_are_escaped(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, make(name, now=time(), dns=["alice", "x[bold]\x07"]))
    output = run("show", path).output
    assert "Common Name" in output
    assert "x[bold]\\x07" in output
    assert "\x1b" not in output


def test_everything_odd_is_told_at_once(tmp_path: Path) -> None:
    odd = make(
        "alice", now=time(), dns=[], usages=None, extended=[ExtendedKeyUsageOID.CODE_SIGNING]
    )
    assert len(shown(written(tmp_path, odd))[1]) == 3


def test_what_is_no_certificate(tmp_path: Path) -> None:
    made = make("alice", now=time())
    for content, problem in [
        (b"", "no certificate in PEM is in it"),
        (made.pem + made.key_pem, "a private key is in it"),
        (b"x" * 70_000, "it is larger than 65536 bytes"),
    ]:
        (tmp_path / "file").write_bytes(content)
        for command in (["show"], ["check", "--party", "alice"]):
            result = run(*command, tmp_path / "file")
            assert result.exit_code == 1
            assert result.output.startswith(f"Error: {tmp_path / 'file'}: {problem}")
    assert "No such file" in run("show", tmp_path / "missing").output


def test_a_good_one_is_good_and_until_when(tmp_path: Path) -> None:
    result = run("check", written(tmp_path, make("alice", now=time())), "--party", "alice")
    assert result.exit_code == 0
    assert result.output.startswith("good as the certificate of alice, until 20")
    assert result.stderr == ""


def test_a_good_one_may_be_warned_of(tmp_path: Path) -> None:
    path = written(tmp_path, make("alice", now=time(), end=DAY * 2.5))
    result = run("check", path, "--party", "alice")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: it ends in 2 days, at 20")
    assert result.stderr.endswith("; renew it\n")


def test_an_anchor_vouches_or_does_not(tmp_path: Path) -> None:
    above, other = authority("alice", time()), authority("alice", time())
    leaf = written(tmp_path, make("alice", now=time(), by=above))
    mine = written(tmp_path, above, name="ca.crt")
    for anchor, code in [(mine, 0), (leaf, 0), (written(tmp_path, other, name="other.crt"), 1)]:
        assert run("check", leaf, "--party", "alice", "--anchor", anchor).exit_code == code
    replica = written(tmp_path, make("east.alice", now=time(), by=above), name="replica.crt")
    assert run("check", replica, "--party", "east.alice", "--anchor", mine).exit_code == 0


def test_a_certificate_that_could_sign_is_taken_where_it_is_configured_itself(
    tmp_path: Path,
) -> None:
    """As `openssl req -x509` makes them."""
    path = written(tmp_path, make("alice", now=time(), ca=True, usages=None, extended=None))
    result = run("check", path, "--party", "alice", "--anchor", path)
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: CA:TRUE")


def test_a_ca_is_judged_as_one(tmp_path: Path) -> None:
    path = written(tmp_path, authority("alice", time()))
    assert (
        'good as the CA of alice, with anchor = "ca"'
        in run("check", path, "--party", "alice").output
    )
    result = run("check", path, "--party", "bob")
    assert result.exit_code == 1
    assert 'this is the CA "alice"' in result.output


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"end": -60.0}, "expired at"),
        ({"begin": 60.0}, "is not valid before"),
        ({"dns": []}, "no DNS name in a SAN"),
        ({"usages": ["key_agreement"]}, "keyUsage without digitalSignature"),
    ],
)
def test_what_breaks_a_rule_is_refused(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    path = written(tmp_path, make("alice", now=time(), **changes))
    result = run("check", path, "--party", "alice")
    assert result.exit_code == 1
    assert result.output.startswith("Error: identity of alice refused: ")
    assert problem in result.output


def test_a_node_shows_one_certificate(tmp_path: Path) -> None:
    path = written(tmp_path, make("alice", now=time()), make("alice", now=time()))
    result = run("check", path, "--party", "alice")
    assert result.exit_code == 1
    assert "holds 2 certificates; a node shows exactly one" in result.output


def test_a_ca_beside_itself_is_told_to_be_one(tmp_path: Path) -> None:
    path = written(tmp_path, authority("alice", time()))
    result = run("check", path, "--party", "alice", "--anchor", path)
    assert result.exit_code == 1
    assert 'if it is the CA of alice, peers configure it with anchor = "ca"' in result.output
