"""What a node makes of what bob shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire_nitro_attest import Refusal, Refused
from partywire_nitro_attest.peers import NitroPeer
from tests.certificates.building import DAY, Held, make

from .enclaves import CONFIG, NOW, Enclave, evidence, verifier

if TYPE_CHECKING:
    from partywire.identity import Verdict
    from partywire_nitro_attest.config import NitroConfig

BOB = Enclave("bob")
PARTY = make("bob", now=NOW, end=DAY)


def verdict(
    shown: Held, peer: NitroPeer | None = None, *, config: NitroConfig = CONFIG, now: float = NOW
) -> Verdict:
    """What a node that has that configured of bob makes of what is shown."""
    asked = verifier({"bob": peer or NitroPeer()}, config)
    return asked.verify(evidence("bob", shown), expected="bob", now=now)


def refusal(shown: Held, peer: NitroPeer | None = None, **asked: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        verdict(shown, peer, **asked)
    assert caught.value.expected == "bob"
    assert "bob" in str(caught.value)
    return caught.value.refusal
