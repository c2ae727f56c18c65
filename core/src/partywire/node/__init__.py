"""A node and what runs in it: one courier for each peer, the reception, the agenda's clockwork."""

from partywire.node.checking import CheckedConfig, check_config
from partywire.node.diagnosis import Diagnosis, diagnose
from partywire.node.node import Node, open_node
from partywire.node.surroundings import Surroundings

__all__ = [
    "CheckedConfig",
    "Diagnosis",
    "Node",
    "Surroundings",
    "check_config",
    "diagnose",
    "open_node",
]
