"""`partywire` in memory.

N parties in one process, with the same limits and checks as over any wire; and the simulator of a
network that is as bad as a test wants it.
"""

from partywire_inmemory.parties import config_of, network, party_names
from partywire_inmemory.simulation import (
    Difference,
    Event,
    Link,
    Log,
    Result,
    Simulation,
    virtual_backend,
)
from partywire_inmemory.transport import InMemoryConfig

__all__ = [
    "Difference",
    "Event",
    "InMemoryConfig",
    "Link",
    "Log",
    "Result",
    "Simulation",
    "config_of",
    "network",
    "party_names",
    "virtual_backend",
]
