"""What a plugin is opened with, and who makes a node's own evidence."""

from abc import ABC, abstractmethod
from typing import Any

import attrs

from partywire.delivery.limits import Limits
from partywire.identity import Credentials


class Attester(ABC):
    """Makes a node's own evidence: credentials that change, and proofs bound to a connection.

    The transport finds it in its `Setting`.
    """

    @abstractmethod
    async def credentials(self) -> Credentials:
        """Return what the transport shows, and proves itself by, from now on."""

    @abstractmethod
    async def changed(self) -> None:
        """Wait until `credentials` would return something new."""

    @abstractmethod
    async def attest(self, binding: bytes) -> bytes:
        """Return evidence bound to ``binding``, a digest of at most 64 bytes.

        It goes into the slot of a hello, and is at most `hello.MAX_SLOT` bytes.
        """


@attrs.frozen
class Setting:
    """What a plugin is opened with.

    Attributes:
        party: this node's party id.
        config: the plugin's own table, an instance of its config class.
        peers: by party id, the plugin's own keys of each ``[[peer]]`` table.
        limits: the bounds of this node.
        attester: who makes this node's own evidence, for a transport that shows it.
    """

    party: str
    config: Any
    peers: dict[str, Any]
    limits: Limits
    attester: Attester | None = None
