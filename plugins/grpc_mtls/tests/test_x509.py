"""What a party's anchor vouches for, and until when."""

from __future__ import annotations

from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any

import pytest

from partywire.delivery.limits import Limits
from partywire.errors import EvidenceInvalid, IdentityError
from partywire.hookspecs import Setting
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc_mtls.anchors import X509Peer
from partywire_grpc_mtls.x509 import X509Verifier
from partywire_grpc_mtls.x509_plugin import remarks, trusted
from tests.certificates.building import DAY, Held, authority, make

if TYPE_CHECKING:
    from pathlib import Path

    from partywire.identity import Verdict

NOW = 1_700_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bob.crt"


def verdict(
    path: Path, shown: Held, *configured: Held, anchor: Any = "configured", now: float = NOW
) -> Verdict:
    """What alice, who has that configured of bob, makes of what is shown."""
    path.write_bytes(b"".join(held.pem for held in configured))
    keys = X509Peer(path if configured else None, anchor)
    verifier = X509Verifier("alice", {"bob": keys})
    return verifier.verify(TlsEvidence("bob", "a test", shown.der), expected="bob", now=now)


def test_the_claims_are_fingerprint_issuer_and_expiry(path: Path) -> None:
    held = make("bob", now=NOW)
    claims = verdict(path, held, held).claims
    assert claims["certificate_issuer"] == "bob"
    assert claims["certificate_expiry"] == "2023-12-14 22:13:20 UTC"
    assert len(bytes.fromhex(claims["certificate_sha256"])) == 32


def test_either_generation_is_let_in(path: Path) -> None:
    old, new = make("bob", now=NOW), make("bob", now=NOW, end=90 * DAY)
    for held in (old, new):
        assert verdict(path, held, old, new).party == "bob"
    assert verdict(path, new, old, new).valid_until == NOW + 90 * DAY


def test_a_key_may_issue_itself_a_new_certificate_that_ends_with_the_configured_one(
    path: Path,
) -> None:
    old = make("bob", now=NOW)
    new = make("bob", now=NOW, key=old.key, end=90 * DAY, dns=("bob", "*.bob"))
    assert verdict(path, new, old).valid_until == NOW + 30 * DAY
    with pytest.raises(EvidenceInvalid, match="the configured certificate expired"):
        verdict(path, new, old, now=NOW + 31 * DAY)


def test_of_two_anchors_with_one_key_the_later_one_counts(path: Path) -> None:
    old = make("bob", now=NOW)
    new = make("bob", now=NOW, key=old.key, end=90 * DAY)
    coming = make("bob", now=NOW, key=old.key, begin=DAY, end=400 * DAY)
    assert verdict(path, new, old, new).valid_until == NOW + 90 * DAY
    assert verdict(path, old, old, coming).valid_until == NOW + 30 * DAY


def test_what_a_ca_issues_may_have_any_key_and_ends_with_the_ca(path: Path) -> None:
    ca = authority("bob", NOW)
    for end, begin in ((10 * DAY, -2 * DAY), (90 * DAY, -DAY)):
        leaf = make("bob", now=NOW, by=ca, begin=-2 * DAY, end=end)
        found = verdict(path, leaf, ca, anchor="ca")
        assert found.valid_until == NOW + min(end, 30 * DAY)
        assert found.valid_from == NOW + begin, "of whichever ends first"


def test_a_new_ca_stands_beside_the_old_one(path: Path) -> None:
    old, new = authority("bob", NOW), authority("bob", NOW)
    for ca in (old, new):
        assert verdict(path, make("bob", now=NOW, by=ca), old, new, anchor="ca").party == "bob"


def test_a_configured_certificate_may_come_from_a_ca_that_nobody_asks_for(path: Path) -> None:
    held = make("bob", now=NOW, by=authority("bob", NOW))
    assert verdict(path, held, held).party == "bob"


def test_a_wildcard_beside_the_name_is_allowed(path: Path) -> None:
    held = make("bob", now=NOW, dns=("*.bob", "bob"))
    assert verdict(path, held, held).party == "bob"


def test_usages_that_are_not_stated_are_allowed(path: Path) -> None:
    held = make("bob", now=NOW, ca=None, usages=None, extended=None)
    assert verdict(path, held, held).party == "bob"


def test_where_another_verifier_proves_the_key_it_signs_for_itself_alone(path: Path) -> None:
    held = make("bob", now=NOW)
    assert verdict(path, held, anchor="by-attestation").valid_until == NOW + 30 * DAY
    child = make("bob", now=NOW, by=held)
    with pytest.raises(EvidenceInvalid, match="not signed by its own key"):
        verdict(path, child, anchor="by-attestation")


def test_somebody_who_is_not_in_the_roster_is_refused(path: Path) -> None:
    held = make("mallory", now=NOW)
    verifier = X509Verifier("alice", {})
    with pytest.raises(EvidenceInvalid, match="no certificate of such a party is configured"):
        verifier.verify(TlsEvidence("mallory", "", held.der), expected="mallory", now=NOW)


def test_our_own_certificate_is_nobody_elses(path: Path) -> None:
    held = make("bob", now=NOW, dns=("bob", "alice"))
    with pytest.raises(IdentityError, match="names another party, alice"):
        verdict(path, held, held)


def test_remarks_say_how_long_each_certificate_is_good(path: Path) -> None:
    now = time()
    old, new = make("bob", now=now, end=-60.0), make("bob", now=now)
    path.write_bytes(old.pem + new.pem)
    above = path.with_name("carol-ca.crt")
    above.write_bytes(authority("carol", now).pem)
    peers = {"bob": X509Peer(path), "carol": X509Peer(above, "ca")}
    lines = remarks(Setting("alice", None, peers, Limits()))
    assert [line.split(", at ")[0] for line in lines] == [
        "bob: its certificate expired 1 minute ago",
        "bob: its certificate ends in 29 days",
        "carol: its own CA ends in 29 days",
    ]
    assert lines[1].endswith(f"; SHA-256 {sha256(new.der).hexdigest()}")


def test_a_refusal_has_both_fingerprints_and_says_what_to_do(path: Path) -> None:
    configured, shown = make("bob", now=NOW), make("bob", now=NOW)
    with pytest.raises(EvidenceInvalid) as caught:
        verdict(path, shown, configured)
    ours, theirs = (sha256(held.der).hexdigest() for held in (configured, shown))
    assert (
        f"bob shows SHA-256 {theirs}, and this config has {ours} for it. Ask bob whether it has a "
        "new certificate; if its fingerprint is the one above, put that certificate into bob.crt"
    ) in str(caught.value)


def test_a_peers_certificate_that_ends_soon_or_can_be_changed_is_remarked(path: Path) -> None:
    now = time()
    path.write_bytes(make("bob", now=now, end=2.5 * DAY).pem)
    path.chmod(0o664)
    peers = {"bob": X509Peer(path)}
    _, exposed, ending = remarks(Setting("alice", None, peers, Limits()))
    assert exposed.startswith(f"Warning: others than its owner can write to {path} (mode 0664)")
    assert exposed.endswith(f"chmod go-w {path}")
    assert ending.startswith("Warning: bob: its certificate ends in 2 days, at ")
    assert ending.endswith("; bob has to renew it")
    path.write_bytes(path.read_bytes() + make("bob", now=now).pem)
    path.chmod(0o644)
    peers = {"bob": X509Peer(path)}
    assert not any("Warning" in line for line in remarks(Setting("alice", None, peers, Limits())))


def test_what_is_trusted_is_said_by_fingerprint_and_anchor(path: Path) -> None:
    """A PCR follows from these lines: other words are other pins."""
    old, new, ca = make("bob", now=NOW), make("bob", now=NOW), authority("carol", NOW)
    path.write_bytes(old.pem + new.pem)
    above = path.with_name("carol-ca.crt")
    above.write_bytes(ca.pem)
    peers = {
        "bob": X509Peer(path),
        "carol": X509Peer(above, "ca"),
        "dave": X509Peer(anchor="by-attestation"),
    }
    old_sha256, new_sha256, ca_sha256 = (sha256(held.der).hexdigest() for held in (old, new, ca))
    assert set(trusted(Setting("alice", None, peers, Limits()))) == {
        "bob anchor configured",
        f"bob certificate {old_sha256}",
        f"bob certificate {new_sha256}",
        "carol anchor ca",
        f"carol certificate {ca_sha256}",
        "dave anchor by-attestation",
    }
