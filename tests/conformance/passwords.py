"""What a party shows on the small transport over TCP, which is a password, and who judges it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import attrs

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier

if TYPE_CHECKING:
    from partywire.hookspecs import Setting


@attrs.frozen
class WireConfig:
    port: int
    """Where it listens, on this machine."""
    password: str
    """What it shows."""


@attrs.frozen
class WirePeer:
    port: int
    """Where that peer listens, on this machine."""
    password: str
    """What that peer shows."""


@attrs.frozen(repr=False)
class Shown(Evidence):
    password: str


class PasswordVerifier(IdentityVerifier):
    def __init__(self, setting: Setting) -> None:
        self._peers = setting.peers

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if not isinstance(evidence, Shown):
            raise EvidenceInvalid(expected, "no password")
        if evidence.password != self._peers[expected].password:
            raise IdentityMismatch(expected, "not its password")
        return Verdict(expected)


def shown_in(body: bytes) -> Shown:
    """Read what `Shown` was written as."""
    return Shown(*ast.literal_eval(body.decode()))
