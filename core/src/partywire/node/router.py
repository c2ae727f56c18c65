"""The built-in session router, ``local``: every session is one of this node's own table."""

from partywire.delivery.records import Batch, Receipt, Status
from partywire.delivery.table import SessionTable
from partywire.delivery.tags import Tag
from partywire.identity import Identity
from partywire.interfaces import SessionRouter


class LocalRouter(SessionRouter):
    """Hand each batch to the session table, at once and as a whole."""

    def __init__(self, table: SessionTable) -> None:
        """Route to that table."""
        self._table = table

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch and answer it."""
        return self._table.accept(identity.party, batch)

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone, and answer it."""
        return self._table.take(identity.party, tag, payload)

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch and answer it; never None."""
        return self._table.accept(identity.party, batch)
