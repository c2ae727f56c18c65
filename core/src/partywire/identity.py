"""From what a peer showed to who it is.

Evidence is what came and is not trusted. A verdict is what one verifier makes of it. An identity
is what the core lets in.

Only `partywire.judge.judge` makes an `Identity`, or a `ClaimedIdentity`. Everything
that lets messages in asks for one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

WHO: Final = "who"
"""A verifier that proves this shows which party it is."""
WHAT: Final = "what"
"""A verifier that proves this shows which program runs there."""
WHEN: Final = "when"
"""A verifier that proves this shows that the evidence is fresh."""
KEY: Final = "key"
"""A verifier that proves this shows whose the key is that the connection was made with."""

_ONLY_JUDGE: Final = object()


@attrs.frozen
class Evidence:
    """What the other end of a connection showed; nothing of it is believed. Transports subclass it.

    Attributes:
        claimed: the party id that it claims, as it came.
        source: where it came from, for logs; such as an address.
        own: SHA-256 of the certificate, in DER, that this node has shown there; empty where none.
        proof: what the other end gave in answer to a challenge; empty before that.
    """

    claimed: str
    source: str
    own: bytes = attrs.field(default=b"", kw_only=True, repr=False)
    proof: bytes = attrs.field(default=b"", kw_only=True, repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the certificate, in DER, that the other end has shown; empty where none."""
        return b""


@attrs.frozen(repr=False)
class Credentials:
    """What a node shows to its peers, and how it proves that it is its own.

    Attributes:
        certificates: the chain, leaf first, in PEM.
        private_key: the leaf's key, in PEM; in no repr, log or error.
    """

    certificates: bytes
    private_key: bytes

    def __repr__(self) -> str:
        """Return the size of the chain, and nothing of the key."""
        return f"Credentials({len(self.certificates)} bytes of certificates)"


def _unchangeable(claims: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(claims))


@attrs.frozen
class Verdict:
    """What one verifier made of evidence.

    Attributes:
        party: the party that the evidence proves, or is bound to.
        valid_until: seconds since 1970 until which that holds, or None for no end.
        claims: facts for logs and policies; no secrets.
        valid_from: seconds since 1970 from which what ends then was good, or None where that is not
            known. Nothing is refused by it: it tells the doctor what is short-lived by design.
    """

    party: str
    valid_until: float | None = None
    claims: Mapping[str, str] = attrs.field(factory=dict, converter=_unchangeable)
    valid_from: float | None = attrs.field(default=None, kw_only=True)


class Identity:
    """A party that proved who it is to every verifier of the config; only ``judge`` makes one.

    ``valid_from`` is of the verdict that ends first, as `Verdict` has it.
    """

    __slots__ = ("claims", "party", "valid_from", "valid_until")

    def __init__(
        self,
        party: str,
        valid_until: float | None,
        claims: Mapping[str, str],
        *,
        valid_from: float | None = None,
        made_by: object,
    ) -> None:
        """Refuse to be made by anything but ``judge``."""
        if made_by is not _ONLY_JUDGE:
            raise TypeError("an Identity is made by partywire.judge.judge, from evidence")
        self.party: Final = party
        self.valid_until: Final = valid_until
        self.valid_from: Final = valid_from
        self.claims: Final = claims

    def __repr__(self) -> str:
        """Return party and expiry."""
        return f"Identity({self.party!r}, valid_until={self.valid_until})"


class ClaimedIdentity(Identity):
    """A party that only says who it is. A node has these alone, or none of them."""

    __slots__ = ()
