"""Makes this node's proofs: one after the other, and for each peer at its pace."""

import logging
from typing import Final

import anyio

from partywire.delivery.challenge import Role
from partywire.delivery.hello import MAX_PROOF
from partywire.delivery.limits import Limits
from partywire.delivery.pace import Pace
from partywire.errors import PartywireError, Rejected
from partywire.setting import Attester

_log = logging.getLogger("partywire")

_FAILED: Final = "no proof could be made for it: the attester here"


_NO_MORE: Final = (
    "%s that they are made once in %g s for now (limits.proof_burst and proof_pause); its log or "
    "ours says why connections end. If neither does, somebody else has its key: let it take "
    "another certificate"
)
_WHY: Final = {
    Role.SERVER: "%s calls here, and asks for a proof, so often",
    Role.DIALLER: "we call %s, and it asks for a proof, so often",
}
_QUIET: Final = 60.0
"""Seconds between two lines of the log about one peer."""


class _Turns:
    """Turns with one peer in one role: one proof at a time, in the order of asking."""

    def __init__(self, limits: Limits) -> None:
        self.lock = anyio.Lock()
        self.pace = Pace(limits.proof_pause, limits.proof_burst)
        self._words = Pace(_QUIET, 1)

    def warn(self, peer: str, role: Role, pause: float, now: float) -> None:
        """Say that the turns have run out, unless that was said just now."""
        if not self._words.wait(now):
            self._words.count(now)
            _log.warning(_NO_MORE, _WHY[role] % peer, pause)


class Prover:
    """Stands before the attester, so that no peer can keep it from the others.

    What is proved to a peer that calls, and what is proved where we call it, has turns of its own:
    who calls in its name cannot use up ours. Of each a peer has at most one proof in the line
    before the attester, and waits by itself where it asks for more than its pace allows.
    """

    def __init__(self, attester: Attester, limits: Limits) -> None:
        """Prepare for an open attester."""
        self._attester = attester
        self._limits = limits
        self._patience = limits.deliver_timeout / 2
        self._line = anyio.Lock()
        self._turns: dict[tuple[str, Role], _Turns] = {}

    async def proof(self, peer: str, role: Role, binding: bytes, shown: bytes) -> bytes:
        """Return a proof for a peer, within half of `limits.deliver_timeout`.

        The other half is left for the hello, so that it can still be said why there is no proof.

        Args:
            peer: who has asked for it.
            role: ours on that connection.
            binding: what it has to cover.
            shown: SHA-256 of the certificate that it belongs to.

        Raises:
            Rejected: there is none in time, or the attester fails.
        """
        turns = self._turns.setdefault((peer, role), _Turns(self._limits))
        try:
            with anyio.fail_after(self._patience):
                async with turns.lock:
                    now = anyio.current_time()
                    wait = turns.pace.wait(now)
                    if wait:
                        turns.warn(peer, role, self._limits.proof_pause, now)
                    await anyio.sleep(wait)
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
