"""Certificates that end soon: who has to renew, said at once and daily from then on.

Those that live for less than a day are left out: no person renews them, and each is young.
"""

import logging
import time
from collections.abc import Callable, Container
from typing import Final

import anyio

from partywire.probing import EXPIRES_SOON, in_words
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import utc_text

_log = logging.getLogger("partywire")

DAY: Final = 24 * 3600.0
HOUR: Final = 3600.0
"""Seconds after a warning in which a party can show other certificates without a further one."""


class Expiries:
    """The newest certificate of each party, this node's own among them.

    Args:
        wall: seconds since 1970.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._ends: dict[str, float] = {}
        self._quiet_until: dict[str, float] = {}

    def note(self, party: str, leaf: Leaf) -> None:
        """A party shows that certificate from now on; warn if it is another one and ends soon.

        Once in an `HOUR` at most: a party that changes its certificate all the time does not fill
        the log.
        """
        if leaf.not_after - leaf.not_before < DAY:
            self._ends.pop(party, None)
        elif self._ends.get(party) != leaf.not_after:
            self._ends[party] = leaf.not_after
            if self._wall() >= self._quiet_until.get(party, 0.0):
                self._warn(party, leaf.not_after)

    def keep(self, parties: Container[str]) -> None:
        """Forget everybody else."""
        self._ends = {party: end for party, end in self._ends.items() if party in parties}

    def warn(self) -> None:
        """Warn of each that ends soon."""
        for party, end in list(self._ends.items()):  # gRPC's thread may note another one meanwhile
            self._warn(party, end)

    async def run(self) -> None:
        """Warn once a day, until cancelled."""
        while True:
            await anyio.sleep(DAY)
            self.warn()

    def _warn(self, party: str, end: float) -> None:
        now = self._wall()
        left = end - now
        if left < EXPIRES_SOON:
            self._quiet_until[party] = now + HOUR
            _log.warning(
                "the certificate of %s ends in %s, at %s; %s has to renew it",
                party,
                in_words(left),
                utc_text(end),
                party,
            )
