"""The hello: what two nodes tell each other whenever a connection is made.

It has three steps, with echoed nonces:

    dialler                                  server
    Hello(nonce a)              ──>
                                <──          Hello(nonce b, echo a)
    Hello(echo b)               ──>
                                <──          Welcome

An echo proves that the incarnation beside it is alive now. The server takes batches after its
Welcome, the dialler sends them after it. A probe is told in the Welcome whether the server reaches
the node of its party, and may send one batch, which is thrown away. Where proofs are wanted, the
dialler gives its own in the third step and the server in the Welcome.
"""

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import attrs

VERSION: Final = 1
NODE: Final = "node"
PROBE: Final = "probe"
NONCE: Final = 16
MAX_SLOT: Final = 64 << 10
"""Bytes of the opaque slot for challenge and proof, at most."""
MAX_PROOF: Final = MAX_SLOT - 64
"""Bytes of a proof, at most."""


@attrs.frozen
class Hello:
    """One step of the hello.

    Attributes:
        kind: `NODE`, or `PROBE` for a caller that looks and changes nothing.
        incarnation: this life of the node, 16 random bytes.
        started: when it began, in seconds since 1970; for people, since clocks jump.
        features: what the node can do beyond this version.
        roster: fingerprint of the roster; a difference is a warning.
        clock: the time there, in seconds since 1970.
        nonce: 16 fresh random bytes; empty in the third step.
        echo: the nonce that is answered; empty in the first step.
        slot: challenge or evidence of verifiers that need one; opaque here.
    """

    kind: str
    incarnation: bytes
    started: float
    roster: bytes
    clock: float
    nonce: bytes = b""
    echo: bytes = b""
    features: tuple[str, ...] = ()
    slot: bytes = b""
    version: int = VERSION


class Way(IntEnum):
    """How it stands with the connection of a node to a peer: a code, and no words of its log."""

    CONNECTED = 1
    """It stands, and the hello was gone through."""
    UNTRIED = 2
    """There was no reason to connect yet."""
    UNREACHABLE = 3
    """The last try, or the last connection, was broken: nobody answers, or what does closes it."""
    REFUSED = 4
    """Who answers at the peer's address is not the peer, as far as the verifiers can tell."""
    TURNED_AWAY = 5
    """Who answers there did not take the connection, or broke a rule on it."""


@attrs.frozen
class WayBack:
    """Whether the server of a hello reaches the party that calls; ``seconds``: since when."""

    way: Way
    seconds: float


@attrs.frozen
class Welcome:
    """The end of the hello.

    Attributes:
        roster_agrees: False where the two rosters differ.
        way_back: told to probes; None to all others, and by a node that does not know of it.
        proof: the server's, where the dialler wanted one; at most `MAX_PROOF` bytes.
    """

    roster_agrees: bool
    way_back: WayBack | None = None
    proof: bytes = attrs.field(default=b"", repr=False)


HelloAnswer = Hello | Welcome


def told_way(number: int, seconds: float) -> WayBack | None:
    """Return what the end of a hello has told; None where a later version has told it."""
    try:
        return WayBack(Way(number), seconds)
    except ValueError:
        return None


def fault(hello: Hello) -> str | None:
    """Return what is wrong with a hello in itself, or None."""
    if hello.version != VERSION:
        return f"it speaks version {hello.version}, this node version {VERSION}"
    if hello.kind not in (NODE, PROBE):
        return "a hello of unknown kind"
    if len(hello.incarnation) != NONCE or len(hello.slot) > MAX_SLOT:
        return "a hello with fields of wrong length"
    return None


def roster_fingerprint(entries: Iterable[tuple[str, str]]) -> bytes:
    """Return SHA-256 over the sorted party ids and what proves each of them; no addresses."""
    lines = sorted(f"{party}\x00{proof}" for party, proof in entries)
    return hashlib.sha256("\n".join(lines).encode()).digest()
