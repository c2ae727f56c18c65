"""A certificate is tried alone before it joins the roots, and a trial leaves nothing behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from partywire.identity import Credentials
from partywire_grpc.certificates.making import self_signed
from partywire_grpc_mtls.roots import stands_alone

TRIALS = 60
DESCRIPTORS = Path("/dev/fd")


@pytest.fixture(scope="module")
def own() -> Credentials:
    made = self_signed("alice", now=time.time())
    return Credentials(made.certificate_pem, made.key_pem)


def test_what_grpc_cannot_read_does_not_stand_alone(own: Credentials) -> None:
    nothing = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert not stands_alone(nothing, own)
    assert stands_alone(self_signed("bob", now=time.time()).certificate_pem, own)


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="this system does not list descriptors")
def test_trials_keep_no_descriptors(own: Credentials) -> None:
    leaf = self_signed("bob", now=time.time()).certificate_pem
    stands_alone(leaf, own)
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(TRIALS):
        assert stands_alone(leaf, own)
    assert len(list(DESCRIPTORS.iterdir())) - before < TRIALS / 2
