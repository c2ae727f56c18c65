"""The network simulator: parties over links that delay, lose, repeat and break, on virtual time."""

from partywire_inmemory.simulation.clock import virtual_backend
from partywire_inmemory.simulation.links import Link
from partywire_inmemory.simulation.log import Difference, Event, Log
from partywire_inmemory.simulation.result import Result
from partywire_inmemory.simulation.simulation import Simulation

__all__ = ["Difference", "Event", "Link", "Log", "Result", "Simulation", "virtual_backend"]
