"""What a plugin is opened with, and who makes a node's own evidence."""

from abc import ABC, abstractmethod
from collections.abc import Container
from typing import Any, Final

import attrs

from partywire.delivery.limits import Limits
from partywire.errors import ConfigInvalid, Mistake
from partywire.identity import Credentials

NEEDS_A_RESTART: Final = "cannot change while the node runs; this needs a restart"


class Attester(ABC):
    """Makes a node's own evidence: credentials that change, and proofs bound to a connection.

    The transport finds it in its `Setting`, and is the one reader of credentials: it calls
    `credentials` and `changed` in turn. Proofs are asked for by the node itself, meanwhile. All
    calls come from the event loop of the node, and any of them may be cancelled at any time: the
    next one is then served as if the cancelled one had never been.

    Of a `PartywireError` the text is logged, whichever call raises it, so nothing of a key may be
    in it. Of any other exception the log has the kind alone.
    """

    @abstractmethod
    async def credentials(self) -> Credentials:
        """Return what the transport shows, and proves itself by, from now on.

        The first call is made when the node opens. What it raises ends that, as `ConfigInvalid`.
        Where a later one raises, what was shown before stays, and it is asked again after a pause.
        A transport gives up waiting: `grpc-mtls` cancels a call after 180 s, as if it had raised.
        """

    @abstractmethod
    async def changed(self) -> None:
        """Wait until `credentials` would return something else than it has returned last.

        It returns at once where that is so already. What it raises is taken as of `credentials`.
        """

    @abstractmethod
    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        """Return a proof bound to ``binding``, a digest of at most 64 bytes.

        It goes into the slot of a hello, and is at most `hello.MAX_PROOF` bytes. A node asks for
        one at a time, and cancels a call after half of `limits.deliver_timeout`, less what it has
        waited in line. There is no proof then; the peer is told so, or what kind of error there
        was, and the next one is asked for as always.

        Args:
            binding: what it has to cover.
            shown: SHA-256 of the certificate, in DER, that this node has shown on that connection:
                of the newest `credentials`, or of those before them. Empty where none was shown.

        Raises:
            EvidenceInvalid: what was shown is neither.
            PartywireError: none can be made now.
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
        attested: whether the config names an attester; while a config is checked, none is open.
        trusted: for an attester that measures it: all that this node trusts, as text that is the
            same on every machine. Empty for all others.
    """

    party: str
    config: Any
    peers: dict[str, Any]
    limits: Limits
    attester: Attester | None = None
    attested: bool = False
    trusted: str = ""


def changes(
    before: attrs.AttrsInstance, after: attrs.AttrsInstance, place: str, but: Container[str] = ()
) -> list[Mistake]:
    """Return a mistake for each key of a table that has changed and may not.

    Args:
        before: the table in use, an instance of its config class.
        after: the same table of the new config.
        place: its name in the file.
        but: keys that may change.
    """
    if type(before) is not type(after):
        return [Mistake(place, NEEDS_A_RESTART)]
    return [
        Mistake(f"{place}.{field.name}", NEEDS_A_RESTART)
        for field in attrs.fields(type(before))
        if field.name not in but and getattr(before, field.name) != getattr(after, field.name)
    ]


def refuse_changes(setting: Setting, former: Setting, *, but: Container[str] = ()) -> None:
    """Raise `ConfigInvalid` for keys of a transport that have changed.

    ``but`` are keys of its table that may change, and ``peer`` for those of the peers.
    """
    mistakes = changes(former.config, setting.config, "transport", but)
    if "peer" not in but and setting.peers != former.peers:
        mistakes.append(Mistake("peer", NEEDS_A_RESTART))
    if mistakes:
        raise ConfigInvalid(f"the config of {setting.party}", mistakes)
