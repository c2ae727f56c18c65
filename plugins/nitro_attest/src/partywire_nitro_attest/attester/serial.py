"""A security module as coroutines use it: one call at a time, each in a thread."""

import threading

import anyio
import anyio.to_thread
import attrs

from partywire_nitro_attest.security_module import SecurityModule


@attrs.define
class _Call:
    """What is asked; ``given_up`` once nobody waits for the answer."""

    public_key: bytes
    nonce: bytes | None
    given_up: bool = False


class Serial:
    """Asks a security module in a thread, by turns, first come, first served."""

    def __init__(self, module: SecurityModule) -> None:
        """Take a module that nobody else asks."""
        self._module = module
        self._turn = anyio.Lock()
        self._asking = threading.Lock()

    async def attest(self, *, public_key: bytes, nonce: bytes | None = None) -> bytes:
        """Return a new document; see `SecurityModule.attest`.

        Cancelled while it waits for its turn, it asks nothing. Cancelled later, it ends at once and
        the answer is lost. The module may be busy with that call for a while still: the next one
        waits for it, and never runs beside it.
        """
        async with self._turn:
            call = _Call(public_key, nonce)
            try:
                return await anyio.to_thread.run_sync(self._ask, call, abandon_on_cancel=True)
            finally:
                call.given_up = True

    def _ask(self, call: _Call) -> bytes:
        with self._asking:
            if call.given_up:
                return b""
            return self._module.attest(public_key=call.public_key, nonce=call.nonce)
