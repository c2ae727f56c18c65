"""A development module whose clock stands still, and a verifier that trusts it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeAlias

import pytest

from partywire_nitro_attest import Refusal, Refused, Roots, Trust, judge_document
from partywire_nitro_attest.development import Certified, DevelopmentModule, measured, new_root

NOW = 1_782_779_620.5  # 2026-06-30T00:33:40.5

Refusing: TypeAlias = Callable[..., Refusal | None]


@pytest.fixture
def now() -> float:
    return NOW


@pytest.fixture(scope="session")
def root() -> Certified:
    return new_root(NOW)


@pytest.fixture(scope="session")
def module(root: Certified) -> DevelopmentModule:
    return DevelopmentModule(root, pcrs=measured("an image"), clock=lambda: NOW)


@pytest.fixture(scope="session")
def trust(root: Certified) -> Trust:
    fingerprint = hashlib.sha256(root.der).hexdigest()
    return Trust(roots=Roots(frozenset({fingerprint}), development=True))


@pytest.fixture(scope="session")
def refusal_of(trust: Trust) -> Refusing:
    """What a document is refused by, or None where it is taken."""

    def refusing(raw: bytes, *, now: float = NOW, trust: Trust = trust) -> Refusal | None:
        try:
            judge_document(raw, now=now, trust=trust)
        except Refused as error:
            return error.refusal
        return None

    return refusing
