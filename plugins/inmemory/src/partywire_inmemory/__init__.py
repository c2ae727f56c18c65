"""`partywire` in memory.

N parties in one process, with the same limits and checks as over any wire.
"""

from partywire_inmemory.parties import config_of, network, party_names
from partywire_inmemory.transport import InMemoryConfig

__all__ = ["InMemoryConfig", "config_of", "network", "party_names"]
