"""What a node takes from outside: time and chance, and who looks on. A simulator brings its own."""

import random
import secrets
import time
from collections.abc import Callable

import anyio
import anyio.lowlevel
import attrs

from partywire.session.observed import Entered


@attrs.frozen
class Surroundings:
    """Where a node gets time and chance from, and who looks on.

    Attributes:
        now: seconds of the clock that all waits go by; None for the event loop's own.
        wall: seconds since 1970; for certificates, and for people.
        random: a number from 0 to 1, for jitter.
        token: so many unpredictable bytes, for incarnations and nonces.
        entered: called with each session that enters a round, before anything is sent in it; round
            0 when it is opened; or None. It must neither wait nor raise.
    """

    now: Callable[[], float] | None = None
    wall: Callable[[], float] = time.time
    random: Callable[[], float] = random.SystemRandom().random
    token: Callable[[int], bytes] = secrets.token_bytes
    entered: Entered | None = None

    def clock(self) -> Callable[[], float]:
        """Return ``now``, or the clock of the running event loop by its shortest way.

        `anyio.current_time` looks the event loop up at each call, which costs more than a message
        may.
        """
        if self.now is not None:
            return self.now
        loop = anyio.lowlevel.current_token().native_token
        own: Callable[[], float] | None = getattr(loop, "time", None)
        return own or anyio.current_time
