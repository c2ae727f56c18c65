"""`partywire` in memory: n parties in one process, with the limits and checks of any wire."""

from partywire_inmemory.parties import config_of, network, party_names
from partywire_inmemory.transport import InMemoryConfig

__all__ = ["InMemoryConfig", "config_of", "network", "party_names"]
