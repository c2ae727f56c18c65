"""Which messages went over the connections to Bob."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.tests.node.stage import Connection, Stage


def payloads(connection: Connection) -> list[bytes]:
    return [
        bytes(record.data)
        for batch, _ in connection.taken
        for segment in batch.segments
        for record in segment.records
    ]


def carried(there: Stage) -> list[Connection]:
    """The connections that got a message: on a busy machine a hello too may be late."""
    return [connection for connection in there.bob.connections if payloads(connection)]
