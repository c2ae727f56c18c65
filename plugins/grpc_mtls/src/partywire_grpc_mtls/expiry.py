"""Certificates that end soon: who has to renew, said at once and daily from then on."""

import logging
import time
from collections.abc import Callable
from typing import Final

import anyio

from partywire.probing import EXPIRES_SOON
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import utc_text

_log = logging.getLogger("partywire")

DAY: Final = 24 * 3600.0


class Expiries:
    """The newest certificate of each party, this node's own among them.

    Args:
        wall: seconds since 1970.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._ends: dict[str, float] = {}

    def note(self, party: str, leaf: Leaf) -> None:
        """A party shows that certificate from now on; warn if it is another one and ends soon."""
        if self._ends.get(party) != leaf.not_after:
            self._ends[party] = leaf.not_after
            self._warn(party, leaf.not_after)

    def warn(self) -> None:
        """Warn of each that ends soon."""
        for party, end in self._ends.items():
            self._warn(party, end)

    async def run(self) -> None:
        """Warn once a day, until cancelled."""
        while True:
            await anyio.sleep(DAY)
            self.warn()

    def _warn(self, party: str, end: float) -> None:
        left = end - self._wall()
        if left < EXPIRES_SOON:
            _log.warning(
                "the certificate of %s ends in %.1f days, at %s; %s has to renew it",
                party,
                left / DAY,
                utc_text(end),
                party,
            )
