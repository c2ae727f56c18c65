"""The built-in session router, ``local``: every session is one of this node's own table."""

from partywire.delivery.records import Batch, Receipt
from partywire.delivery.table import SessionTable
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

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch and answer it; never None."""
        return self._table.accept(identity.party, batch)
