"""A node's config: read strictly, with every mistake reported at once.

`load_config` reads a TOML file, or a mapping like one, into a `NodeConfig`; `load_attester` reads
what it says of this party alone.
"""

from partywire.config.kinds import PartyId
from partywire.config.load import load_attester, load_config
from partywire.config.model import Chosen, NodeConfig, SessionSettings
from partywire.config.reference import CORE_TABLES, Key, describe_keys

__all__ = [
    "CORE_TABLES",
    "Chosen",
    "Key",
    "NodeConfig",
    "PartyId",
    "SessionSettings",
    "describe_keys",
    "load_attester",
    "load_config",
]
