"""Makes this node's proofs: one after the other, and for each peer at its pace."""

import logging
from typing import Final

import anyio

from partywire.delivery.hello import MAX_PROOF
from partywire.delivery.limits import Limits
from partywire.delivery.pace import Pace
from partywire.errors import PartywireError, Rejected
from partywire.setting import Attester

_log = logging.getLogger("partywire")

_FAILED: Final = "no proof could be made for it: the attester here"


class _Turns:
    """One peer's turns: one proof at a time, in the order in which they were asked for."""

    def __init__(self, limits: Limits) -> None:
        self.lock = anyio.Lock()
        self.pace = Pace(limits.proof_pause, limits.proof_burst)


class Prover:
    """Stands before the attester, so that no peer can keep it from the others.

    A peer has at most one proof in the line before the attester, and waits by itself where it asks
    for more than its pace allows.
    """

    def __init__(self, attester: Attester, limits: Limits) -> None:
        """Prepare for an open attester."""
        self._attester = attester
        self._limits = limits
        self._patience = limits.deliver_timeout / 2
        self._line = anyio.Lock()
        self._turns: dict[str, _Turns] = {}

    async def proof(self, peer: str, binding: bytes, shown: bytes) -> bytes:
        """Return a proof for a peer, within half of `limits.deliver_timeout`.

        The other half is left for the hello, so that it can still be said why there is no proof.

        Args:
            peer: who has asked for it.
            binding: what it has to cover.
            shown: SHA-256 of the certificate that it belongs to.

        Raises:
            Rejected: there is none in time, or the attester fails.
        """
        turns = self._turns.setdefault(peer, _Turns(self._limits))
        try:
            with anyio.fail_after(self._patience):
                async with turns.lock:
                    await anyio.sleep(turns.pace.wait(anyio.current_time()))
                    async with self._line:
                        turns.pace.count(anyio.current_time())
                        return await self._attest(peer, binding, shown)
        except TimeoutError:
            problem = f"no proof could be made for it within {self._patience:.0f} s"
            raise Rejected(peer, problem) from None

    async def _attest(self, peer: str, binding: bytes, shown: bytes) -> bytes:
        try:
            proof: object = await self._attester.attest(binding, shown=shown)
        except Exception as error:
            name = type(error).__name__
            _log.error(
                "the attester failed: %s", error if isinstance(error, PartywireError) else name
            )
            raise Rejected(peer, f"{_FAILED} failed with {name}") from error
        if not isinstance(proof, bytes):
            raise Rejected(peer, f"{_FAILED} gave {type(proof).__name__} instead of bytes")
        if not 0 < len(proof) <= MAX_PROOF:
            raise Rejected(peer, f"{_FAILED} gave {len(proof)} bytes, of at most {MAX_PROOF}")
        return proof
