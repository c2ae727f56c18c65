"""The attester renews its certificates in time, and proves by the key of the one that was shown."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.config import load_config
from partywire.errors import EvidenceInvalid
from partywire.judge import judge
from partywire.plugins import Plugins
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc_mtls.anchors import X509Peer
from partywire_grpc_mtls.x509 import X509Verifier
from partywire_operator import OperatorAttester

from .parties import BINDING, HOUR, OPERATORS, config

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from partywire.setting import Attester
    from partywire_operator import OperatorVerifier


async def newest(attester: Attester) -> Leaf:
    (leaf,) = read_leaves((await attester.credentials()).certificates, "alice")
    return leaf


def digest(leaf: Leaf) -> bytes:
    return hashlib.sha256(leaf.der).digest()


@pytest.fixture
def short_lived(tmp_path: Path) -> AbstractAsyncContextManager[Attester]:
    """The attester of a config whose certificates live for two seconds."""
    given = config(tmp_path)
    given["attester"]["lifetime"] = "2s"
    read = load_config(given, Plugins())
    assert read.attester is not None
    return read.attester.descriptor.open(read.setting(read.attester))


async def test_a_new_certificate_comes_when_half_of_its_life_is_over(
    short_lived: AbstractAsyncContextManager[Attester],
) -> None:
    async with short_lived as attester:
        first = await newest(attester)
        with anyio.fail_after(30):
            await attester.changed()
        second = await newest(attester)
        assert second.key_sha256 != first.key_sha256
        assert second.not_after > first.not_after
        assert not second.is_ca
        assert second.key_usages == frozenset({"digital_signature"})
    assert "PRIVATE" not in repr(attester)


async def test_a_proof_is_by_the_key_of_the_certificate_that_was_shown(
    judging: OperatorVerifier,
) -> None:
    attester = OperatorAttester("alice", OPERATORS["alice"], HOUR)
    leaves = [await newest(attester)]
    for _ in range(2):
        attester.renew()
        leaves.append(await newest(attester))
    for leaf in leaves[1:]:
        proof = await attester.attest(BINDING, shown=digest(leaf))
        evidence = TlsEvidence("alice", "a test", leaf.der, proof=proof)
        judging.verify(evidence, expected="alice", binding=BINDING, now=time.time())
    with pytest.raises(EvidenceInvalid, match="not one of the last two"):
        await attester.attest(BINDING, shown=digest(leaves[0]))


async def test_x509_and_the_operator_agree(judging: OperatorVerifier) -> None:
    attester = OperatorAttester("alice", OPERATORS["alice"], HOUR)
    leaf = await newest(attester)
    identity = judge(
        TlsEvidence("alice", "a test", leaf.der, proof=await attester.attest(BINDING)),
        [X509Verifier("bob", {"alice": X509Peer(anchor="by-attestation")}), judging],
        expected="alice",
        binding=BINDING,
        now=time.time(),
    )
    assert (identity.valid_from, identity.valid_until) == (leaf.not_before, leaf.not_after)
    assert identity.claims["operator_level"] == "bound"
