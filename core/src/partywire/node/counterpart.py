"""The other end of a connection: what it has shown, whether it is challenged, and its proof."""

from collections.abc import Callable
from typing import Final

import attrs

from partywire.delivery.challenge import (
    GOOD_FOR,
    Exchange,
    Role,
    Slot,
    decode_slot,
)
from partywire.delivery.hello import MAX_PROOF, Hello
from partywire.errors import Malformed, Rejected
from partywire.identity import Evidence

NO_PROOF: Final = (
    "gave no proof, and this config asks for one; its own config needs an [attester] table"
)
NO_ATTESTER: Final = "asks for a proof, and this config has no [attester] table to give one by"
OUT_OF_TURN: Final = "a proof out of turn"
NO_HELLO: Final = "has to prove itself on each connection, and single calls have no hello for that"

TakeProof = Callable[[bytes, bytes], None]
"""Takes a binding and the proof that has to cover it. Raises `IdentityError`."""


@attrs.frozen
class Counterpart:
    """The other end of a connection, judged by what it has shown, before the hello.

    Attributes:
        party: who it is.
        evidence: what it has shown.
        take_proof: takes its proof; None where it is not challenged.
    """

    party: str
    evidence: Evidence
    take_proof: TakeProof | None = None


@attrs.frozen
class Shown:
    """All that the other end of one connection has shown so far.

    Attributes:
        evidence: with its proof, where it gave one.
        binding: what that proof had to cover, or None where it gave none.
        until: seconds since 1970 until which that proof is good.
        ends: the same, in seconds of the node's clock, which nobody can set.
    """

    evidence: Evidence
    binding: bytes | None = None
    until: float | None = None
    ends: float | None = None


def slot_of(party: str, step: Hello) -> Slot | None:
    """Return the slot of a step. Raises `Rejected`."""
    try:
        return decode_slot(step.slot)
    except Malformed as error:
        raise Rejected(party, str(error)) from error


def check_proof(
    there: Counterpart, proof: bytes, exchange: Exchange, role: Role, waited: float
) -> None:
    """Check the proof of the other end, which is in that role, where it was challenged.

    Args:
        there: the other end.
        proof: what it gave; empty for none.
        exchange: what the proof is about.
        role: the other end's.
        waited: seconds since the challenge was sent.

    Raises:
        Rejected: there is none, or one that was not asked for, or it comes too late.
        IdentityError: it proves nothing.
    """
    if there.take_proof is None:
        if proof:
            raise Rejected(there.party, "a proof that was not asked for")
        return
    if not proof:
        raise Rejected(there.party, NO_PROOF)
    if len(proof) > MAX_PROOF:
        raise Rejected(there.party, f"a proof of {len(proof)} bytes, of at most {MAX_PROOF}")
    if waited > GOOD_FOR:
        raise Rejected(there.party, f"a proof more than {GOOD_FOR:.0f} s after its challenge")
    there.take_proof(exchange.binding(role), proof)
