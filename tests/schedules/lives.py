"""The lives of nodes, as schedules over them are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire import Node
    from partywire.delivery.agenda import Agenda
    from partywire.delivery.records import Batch, Receipt
    from partywire.delivery.table import SessionTable
    from partywire_inmemory import Simulation


class NodeLife:
    """One life of a party, as far as it is judged; every batch that it takes is looked at.

    ``looked`` is told of what was wrong then: an exception would only break the connection.
    """

    def __init__(
        self,
        node: Node,
        number: int,
        simulation: Simulation,
        looked: Callable[[AssertionError | None], None],
    ) -> None:
        self.name = node.party
        self.number = number
        self.table: SessionTable = node._engine._table
        self.agenda: Agenda = self.table.agenda
        self._life = simulation._open_run().lives[self.name]
        self._host = simulation._open_network()._hosts[self.name]
        self._looked = looked
        self._accept = self.table.accept
        self.table.accept = self._accept_watched  # type: ignore[method-assign]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @property
    def alive(self) -> bool:
        return not self._life.crashed

    @property
    def spare_connections(self) -> int:
        """How many connections there are beyond one that each of two nodes has made."""
        return max(len(self._host.connections) - 2 * len(self.table.peers), 0)

    def _accept_watched(self, party: str, batch: Batch) -> Receipt:
        receipt = self._accept(party, batch)
        problem = None
        try:
            Watching().accepted(self, party)
        except AssertionError as error:
            problem = error
        self._looked(problem)
        return receipt
