"""A security module as coroutines use it: one call at a time, each in a thread."""

from functools import partial

import anyio
import anyio.to_thread

from partywire_nitro_attest.security_module import SecurityModule


class Serial:
    """Asks a security module in a thread, by turns, first come, first served."""

    def __init__(self, module: SecurityModule) -> None:
        """Take a module that nobody else asks."""
        self._module = module
        self._turn = anyio.Lock()

    async def attest(self, *, public_key: bytes, nonce: bytes | None = None) -> bytes:
        """Return a new document; see `SecurityModule.attest`.

        Cancelled while it waits for its turn, it asks nothing. Cancelled later, it ends when the
        module has answered, so that the next call never runs beside it.
        """
        async with self._turn:
            ask = partial(self._module.attest, public_key=public_key, nonce=nonce)
            return await anyio.to_thread.run_sync(ask)
