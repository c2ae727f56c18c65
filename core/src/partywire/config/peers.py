"""The ``[[peer]]`` tables: the roster, and each plugin's share of the keys."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

import attrs

from partywire.config.kinds import PartyId
from partywire.config.mistakes import Place, unknown
from partywire.config.reader import Reader
from partywire.delivery.ids import is_party_id
from partywire.errors import Mistake

OWN: Final = "is this party itself; a [[peer]] table is for each other party"
_PLACE: Final = re.compile(r"peer\[(\d+)\]")


@attrs.frozen
class Share:
    """The keys that one plugin takes of each peer's table."""

    plugin: str
    keys: type

    @property
    def names(self) -> set[str]:
        """The names of its keys."""
        return {field.name for field in attrs.fields(self.keys) if field.init}


def read_peers(
    reader: Reader, value: object, *, own: str | None, shares: Sequence[Share], all_known: bool
) -> dict[str, list[Any]]:
    """Return by peer, in the order of the file, what each share is given of its table.

    A key that two plugins want is given to both.

    Args:
        reader: keeps the mistakes; with any, the answer is of no use.
        value: the list of tables.
        own: the id of this node's party, where it is known.
        shares: one for each plugin that has keys there.
        all_known: whether the shares are all there are, so that a further key is nobody's.
    """
    entries = reader.tables(value, "peer")
    if entries == []:
        reader.mistake(("peer",), "no peer; add a [[peer]] table for each other party")
    peers: dict[str, list[Any]] = {}
    for position, entry in enumerate(entries or ()):
        place: Place = ("peer", position)
        table = reader.table(entry, place)
        if table is not None:
            party = _party(reader, table, place, own, peers.keys())
            peers[party] = [_share(reader, table, place, share) for share in shares]
            if all_known:
                reader.mistakes += _unclaimed(table, place, shares)
    return peers


def place_of(value: Iterable[object], party: str) -> Place:
    """Return where the table of a peer stands, among those that `read_peers` was given."""
    ids = (table.get("id") if isinstance(table, Mapping) else None for table in value)
    return ("peer", next(position for position, name in enumerate(ids) if name == party))


def of_peer(mistake: Mistake, value: object) -> Mistake:
    """Return a mistake with the id of the peer in whose table it is, where it has one."""
    found = _PLACE.match(mistake.key)
    if found is None or not isinstance(value, (list, tuple)):
        return mistake
    table = value[int(found[1])]
    party = table.get("id") if isinstance(table, Mapping) else None
    known = isinstance(party, str) and is_party_id(party)
    return attrs.evolve(mistake, peer=party) if known else mistake


def _party(
    reader: Reader,
    table: Mapping[str, Any],
    place: Place,
    own: str | None,
    taken: Set[str],
) -> str:
    """Return the id of a peer, or nothing that could be one."""
    party = reader.required(PartyId, table, "id", *place)
    if party is not None and party in {own, *taken}:
        problem = OWN if party == own else "is in this config already; ids are unique"
        reader.mistake((*place, "id"), f"{party} {problem}")
    return party or ""


def _share(reader: Reader, table: Mapping[str, Any], place: Place, share: Share) -> object:
    own = {name: table[name] for name in table if name in share.names}
    return reader.read(share.keys, own, place, share.plugin)


def _unclaimed(table: Iterable[str], place: Place, shares: Sequence[Share]) -> list[Mistake]:
    known = {"id"}.union(*(share.names for share in shares))
    return [unknown((*place, name), known) for name in table if name not in known]
