"""A fault proxy: it stands between two parties on loopback, and does what networks do to them.

    party ──up──> near port, Proxy, far port ──up──> party
          <──down──                          <──down──

Faults strike on command of a test, or by chance, from a seed that repeats them: `Proxy.strike`,
`Proxy.prevail` until `Proxy.heal`, and `Chances`. A proxy runs on the test's event loop, in a
thread of its own (`in_thread`), or as a program: ``python -m tests.faultproxy --help``. It ends
with whoever opened it. It holds at most `MOST_CONNECTIONS` connections, and at most `MOST_HELD`
bytes for each way of one.
"""

from tests.faultproxy.chance import Chances
from tests.faultproxy.commands import in_thread, obey
from tests.faultproxy.faults import DOWN, UP, Fault, Kind, Way
from tests.faultproxy.lane import MOST_HELD
from tests.faultproxy.proxy import MOST_CONNECTIONS, Proxy

__all__ = [
    "DOWN",
    "MOST_CONNECTIONS",
    "MOST_HELD",
    "UP",
    "Chances",
    "Fault",
    "Kind",
    "Proxy",
    "Way",
    "in_thread",
    "obey",
]
