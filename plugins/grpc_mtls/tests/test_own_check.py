"""A party's own files are looked at before anything is opened, as its peers would look at them."""

from __future__ import annotations

from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.delivery.limits import Limits
from partywire.hookspecs import Setting
from partywire_grpc.certificates.files import write_private
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer
from partywire_grpc_mtls.own_check import check, remarks
from tests.certificates.building import DAY, Held, make

if TYPE_CHECKING:
    from pathlib import Path


def setting(folder: Path, held: Held) -> Setting:
    certificate, key = folder / "alice.crt", folder / "alice.key"
    certificate.write_bytes(held.pem)
    write_private(key, held.key_pem)
    config = MtlsConfig("127.0.0.1:7001", certificate, key)
    return Setting("alice", config, {"bob": MtlsPeer("127.0.0.1:7002")}, Limits())


def found(setting: Setting) -> dict[str, str]:
    return {mistake.key: mistake.problem for mistake in check(setting, frozenset())}


def test_files_in_order_have_no_mistake(tmp_path: Path) -> None:
    held = make("alice", now=time())
    ours = setting(tmp_path, held)
    assert found(ours) == {}
    (line,) = remarks(ours)
    assert line.startswith("own certificate: ends in 29 days, at 20")
    assert line.endswith(f"; SHA-256 {sha256(held.der).hexdigest()}")


def test_what_is_odd_is_remarked(tmp_path: Path) -> None:
    ours = setting(tmp_path, make("alice", now=time(), end=1.5 * DAY, usages=None))
    assert found(ours) == {}
    assert [line.split(": ")[2][:9] for line in remarks(ours)[1:]] == ["it ends i", "its key m"]


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("bob", {}, 'the certificate is of "bob"'),
        ("alice", {"dns": ["alice", "bob"]}, "names another party, bob"),
        ("alice", {"dns": []}, "no DNS name"),
        ("alice", {"end": -60.0}, "expired at"),
        ("alice", {"begin": 60.0}, "not valid before"),
    ],
)
def test_what_peers_would_refuse_is_a_mistake(
    tmp_path: Path, name: str, changes: dict[str, Any], problem: str
) -> None:
    mistakes = found(setting(tmp_path, make(name, now=time(), **changes)))
    assert list(mistakes) == ["certificate"]
    assert problem in mistakes["certificate"]


def test_both_files_are_told_of_at_once(tmp_path: Path) -> None:
    ours = setting(tmp_path, make("alice", now=time()))
    (tmp_path / "alice.crt").write_text("no certificate")
    (tmp_path / "alice.key").chmod(0o644)
    mistakes = found(ours)
    assert set(mistakes) == {"certificate", "private_key"}
    assert "chmod 600" in mistakes["private_key"]


def test_a_certificate_of_another_key_is_a_mistake(tmp_path: Path) -> None:
    ours = setting(tmp_path, make("alice", now=time()))
    (tmp_path / "alice.crt").write_bytes(make("alice", now=time()).pem)
    assert "it is not the key of the certificate" in found(ours)["private_key"]


def test_without_an_attester_both_files_are_needed(tmp_path: Path) -> None:
    ours = setting(tmp_path, make("alice", now=time()))
    mistakes = found(attrs.evolve(ours, config=MtlsConfig("127.0.0.1:7001")))
    instead = "or an [attester] that makes both"
    assert mistakes == {
        "certificate": f"missing; give the certificate of this party, {instead}",
        "private_key": f"missing; give the key of its certificate, {instead}",
    }


def test_with_an_attester_each_file_is_a_mistake(tmp_path: Path) -> None:
    ours = attrs.evolve(setting(tmp_path, make("alice", now=time())), attested=True)
    no_use = "the attester of this config makes it; remove this key"
    assert found(ours) == {"certificate": no_use, "private_key": no_use}
    ours = attrs.evolve(ours, config=MtlsConfig("127.0.0.1:7001"))
    assert found(ours) == {}
    assert remarks(ours) == ["own certificate: made by the attester when the node opens"]
