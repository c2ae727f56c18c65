"""A transport for multi-party computation: who is there, whose is a message, and is any lost.

async with partywire.open_node("alice.toml") as node:
    await node.ready(timeout=60)
    async with node.session("payroll-2026-11", parties=["alice", "bob"]) as session:
        await session.send("bob", b"a share")
        answer = await session.receive("bob")
"""

from partywire import errors
from partywire.delivery.ids import session_id
from partywire.delivery.limits import Limits
from partywire.errors import PartywireError
from partywire.node import (
    CheckedConfig,
    Diagnosis,
    Node,
    Surroundings,
    check_config,
    diagnose,
    open_node,
)
from partywire.session import Answers, Counters, Delivery, Session, Wait

__all__ = [
    "Answers",
    "CheckedConfig",
    "Counters",
    "Delivery",
    "Diagnosis",
    "Limits",
    "Node",
    "PartywireError",
    "Session",
    "Surroundings",
    "Wait",
    "check_config",
    "diagnose",
    "errors",
    "open_node",
    "session_id",
]
