"""This node's own certificate where an attester makes it: the first, and each that follows."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from partywire.errors import ConfigInvalid, IdentityError, Mistake, PartywireError, outside_text
from partywire.hookspecs import Setting
from partywire.setting import Attester
from partywire_grpc.certificates.files import Unfit
from partywire_grpc.certificates.keys import checked_credentials
from partywire_grpc_mtls.own import Own, own_of

_log = logging.getLogger("partywire")

PATIENCE: Final = 180.0
"""Seconds that an attester may take to give credentials; a device of the kernel may take 120."""
PAUSE: Final = 0.5
"""Seconds from one certificate to the next, at least; peers take one of a party in that time."""
LONGEST: Final = 60.0
"""Seconds until an attester that failed is asked again, at most; it is twice as long each time."""

_FAILED: Final = (
    "the attester of %s gives no new certificate: %s; the one before it stays, and the attester is "
    "asked again in %.0f s"
)


async def first_own(setting: Setting, attester: Attester) -> Own:
    """Return what this node shows first. Raises `ConfigInvalid` where it is of no use."""
    try:
        return await own_by(setting, attester)
    except Exception as error:
        source = f"the config of {setting.party}"
        problem = f"gives no certificate that peers would take: {_in_words(error)}"
        raise ConfigInvalid(source, (Mistake("attester", problem),)) from error


async def own_by(setting: Setting, attester: Attester) -> Own:
    """Return what an attester gives now, checked as files are.

    Raises `Unfit`, `IdentityError`, `TimeoutError` after `PATIENCE`, and what the attester does.
    """
    with anyio.fail_after(PATIENCE):
        made = await attester.credentials()
    return own_of(checked_credentials(made), setting)


class Following:
    """Takes over each certificate that an attester makes.

    Args:
        attester: makes them.
        now: returns what is shown now.
        setting: returns what a certificate has to fit now.
        take: announces a certificate, and shows it from then on.
    """

    def __init__(
        self,
        attester: Attester,
        *,
        now: Callable[[], Own],
        setting: Callable[[], Setting],
        take: Callable[[Own], Awaitable[None]],
    ) -> None:
        self._attester = attester
        self._now = now
        self._setting = setting
        self._take = take
        self._failed = False

    async def run(self) -> None:
        """Wait for the next one and take it, until cancelled. An attester that fails ends nothing.

        After a failure it is asked without a change, as it may have told of it already.
        """
        pause = PAUSE
        while True:
            try:
                await self._next()
                self._failed, pause = False, PAUSE
            except Exception as error:
                self._failed, pause = True, min(2 * pause, LONGEST)
                _log.warning(_FAILED, self._setting().party, _in_words(error), pause)
            await anyio.sleep(pause)

    async def _next(self) -> None:
        if not self._failed:
            await self._attester.changed()
        own = await own_by(self._setting(), self._attester)
        if own.credentials != self._now().credentials:
            await self._take(own)


def _in_words(error: Exception) -> str:
    """Return what went wrong; of foreign errors no text, as it may be about a key."""
    if isinstance(error, IdentityError | Unfit):
        return error.problem
    if isinstance(error, PartywireError):
        return outside_text(str(error), 256)
    if isinstance(error, TimeoutError):
        return f"it took more than {PATIENCE:.0f} s"
    return f"it failed with {type(error).__name__}"
