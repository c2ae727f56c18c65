"""Whose certificates a handshake may end in: two of each party, and none that spoils the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from time import time

import pytest

from partywire.delivery.limits import Limits
from partywire.errors import ConfigInvalid, Unreachable
from partywire.hookspecs import Setting
from partywire.identity import Credentials
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.peers import MAX_GENERATIONS, read_certificates
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc_mtls import own
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.own import first_roots
from partywire_grpc_mtls.publishing import Served
from partywire_grpc_mtls.roots import Roots, stands_alone
from tests.certificates.building import make
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import Town, town
from tests.descriptors import none_left

ALICE = make("alice", now=time())
OWN = Credentials(ALICE.pem, ALICE.key_pem)
POISON = "version 1 with extensions"
TRIALS = 60
DESCRIPTORS = Path("/dev/fd")


@pytest.fixture(scope="module")
def place() -> Town:
    return town(time())


def test_a_party_has_two_generations_and_the_newest_is_last() -> None:
    roots = Roots(b"first", {"bob": (b"anchor",)})
    for leaf in (b"one", b"two", b"three", b"two"):
        roots = roots.admitted("bob", leaf)
    assert MAX_GENERATIONS == 2
    assert roots.leaves == {"bob": (b"three", b"two")}
    assert roots.knows("bob", b"anchor")
    assert roots.knows("bob", b"three")
    assert not roots.knows("bob", b"one")
    assert not roots.knows("carol", b"two")


def test_another_partys_newest_takes_nobodys_place() -> None:
    before = Roots(b"first").admitted("bob", b"bobs")
    after = before.admitted("carol", b"carols")
    assert after.leaves == {"bob": (b"bobs",), "carol": (b"carols",)}
    assert before.leaves == {"bob": (b"bobs",)}


def test_the_one_that_nobody_has_the_key_of_stands_first() -> None:
    roots = Roots(b"1", {"bob": (b"2", b"3"), "carol": (b"4",)}).admitted("bob", b"5")
    assert roots.bundle() == b"12345"
    assert Roots(b"1").bundle() == b"1"


def test_grpc_takes_sound_certificates(place: Town) -> None:
    for held in (*place.own.values(), *place.authorities.values()):
        assert stands_alone(held.pem, OWN)


@pytest.mark.parametrize(
    "odd",
    [
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        DER_cert_to_PEM_cert(b"no DER").encode(),
        DER_cert_to_PEM_cert(ALICE.der[:-1]).encode(),
    ],
)
def test_garbage_does_not_stand_alone(odd: bytes) -> None:
    assert not stands_alone(odd, OWN)


def test_the_certificate_that_would_spoil_all_others_does_not_stand_alone(place: Town) -> None:
    assert not stands_alone(IMPOSTORS[POISON].make(place).pem, OWN)


def test_an_anchor_that_grpc_does_not_take_is_left_out(
    place: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The config is refused for it, where it is read; here nobody else is kept out by it."""
    sound, odd = tmp_path / "erin.crt", tmp_path / "bob.crt"
    sound.write_bytes(place.own["erin"].pem)
    odd.write_bytes(IMPOSTORS[POISON].make(place).pem)
    peers = {
        "bob": MtlsPeer("127.0.0.1:7002", odd),
        "erin": MtlsPeer("127.0.0.1:7003", sound),
    }
    config = MtlsConfig("127.0.0.1:7001", tmp_path / "alice.crt", tmp_path / "alice.key")
    roots = first_roots(Setting("alice", config, peers, Limits()), OWN)
    assert roots.anchors == {"bob": (), "erin": (place.own["erin"].pem,)}
    assert stands_alone(roots.bundle(), OWN)
    assert caplog.messages == [
        "the certificate configured for bob is none that gRPC takes as a root"
    ]


def test_a_certificate_that_cannot_be_tried_is_not_taken_for_a_bad_one() -> None:
    with none_left(), pytest.raises(OSError, match=r"no file descriptors left.*ulimit -n"):
        stands_alone(ALICE.pem, OWN)
    assert stands_alone(ALICE.pem, OWN)


def test_a_config_whose_anchors_cannot_be_tried_is_refused_in_words(
    place: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known = tmp_path / "erin.crt"
    known.write_bytes(place.own["erin"].pem)
    config = MtlsConfig("127.0.0.1:7001", tmp_path / "alice.crt", tmp_path / "alice.key")
    setting = Setting("alice", config, {"erin": MtlsPeer("127.0.0.1:7003", known)}, Limits())
    anchors = read_certificates(known)
    with pytest.MonkeyPatch.context() as patch:  # the file itself can be read
        patch.setattr(own, "read_certificates", lambda _: anchors)
        with none_left(), pytest.raises(ConfigInvalid) as caught:
            first_roots(setting, OWN)
    assert "certificate of erin cannot be tried" in str(caught.value)
    assert "ulimit -n" in str(caught.value)
    assert not caplog.messages


def test_a_peer_whose_certificate_cannot_be_tried_may_come_again(place: Town) -> None:
    bob = TlsEvidence(claimed="bob", source="a test", leaf=place.own["bob"].der)
    (leaf,) = read_leaves(OWN.certificates, "alice")
    served = Served(own.Own(OWN, leaf), Roots(OWN.certificates))
    security = MutualTls("alice", served, Expiries())

    async def admitted() -> None:
        with none_left(), pytest.raises(Unreachable, match=r"cannot be tried.*ulimit -n"):
            await security.admit("bob", bob)
        assert await security.admit("bob", bob)

    asyncio.run(admitted())


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="this system does not list descriptors")
def test_trials_keep_no_descriptors() -> None:
    assert stands_alone(ALICE.pem, OWN)
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(TRIALS):
        assert stands_alone(ALICE.pem, OWN)
    assert len(list(DESCRIPTORS.iterdir())) - before < TRIALS / 2
