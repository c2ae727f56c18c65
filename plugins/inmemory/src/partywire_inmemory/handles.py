"""An in-memory network: places at which the nodes of one event loop find each other by name."""

from typing import TYPE_CHECKING, Final

import anyio.lowlevel
import attrs

from partywire.errors import DuplicateParty, Rejected, Unreachable
from partywire.identity import Evidence
from partywire.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable


class Handle:
    """A party's place in a network. Whoever holds it is that party: it cannot be guessed or sent.

    Attributes:
        inbox: who takes calls here, or None.
        hang_up: what ends each connection that others have to here.
    """

    __slots__ = ("hang_up", "inbox", "network", "party")

    def __init__(self, network: "Network", party: str) -> None:
        """Made by `Network.join`."""
        self.network: Final = network
        self.party: Final = party
        self.inbox: Inbox | None = None
        self.hang_up: dict[object, Callable[[], None]] = {}


@attrs.frozen(repr=False)
class HandleEvidence(Evidence):
    """What a connection in memory shows: the handle of the other end."""

    handle: Handle

    def __repr__(self) -> str:
        """Return who is claimed."""
        return f"HandleEvidence({self.claimed!r})"


class Network:
    """Who is there, and who takes calls. All of it belongs to one event loop."""

    def __init__(self, name: str) -> None:
        """Start empty."""
        self.name: Final = name
        self._loop = anyio.lowlevel.current_token()
        self._handles: dict[str, Handle] = {}

    def join(self, party: str) -> Handle:
        """Take a party's place.

        Raises:
            DuplicateParty: it is taken.
            Rejected: the network belongs to another event loop.
        """
        if anyio.lowlevel.current_token() != self._loop:
            raise Rejected(party, f"network {self.name!r} belongs to another event loop")
        if party in self._handles:
            raise DuplicateParty(party, f"already has a node in network {self.name!r}")
        handle = self._handles[party] = Handle(self, party)
        return handle

    def leave(self, handle: Handle) -> None:
        """Give the place back."""
        del self._handles[handle.party]
        if not self._handles and _NETWORKS.get(self.name) is self:
            del _NETWORKS[self.name]

    def holds(self, handle: Handle) -> bool:
        """Tell whether that handle is in its place now."""
        return self._handles.get(handle.party) is handle

    def find(self, party: str) -> tuple[Handle, Inbox]:
        """Return a party's handle and who takes its calls.

        Raises:
            Unreachable: nobody takes them now.
        """
        handle = self._handles.get(party)
        if handle is None or handle.inbox is None:
            problem = f"has no node open in network {self.name!r}"
            raise Unreachable(party, f"{problem}, which is seen from its own process alone")
        return handle, handle.inbox


_NETWORKS: dict[str, Network] = {}


def network_named(name: str) -> Network:
    """Return the network of that name; it exists as long as somebody is there."""
    network = _NETWORKS.get(name)
    if network is None:
        network = _NETWORKS[name] = Network(name)
    return network
