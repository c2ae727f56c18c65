"""Some of the parties, as bytes: a bit for each, little-endian, that of the first one lowest."""

from collections.abc import Collection, Sequence


class MalformedGroup(ValueError):
    """Bytes that name no group of these parties. The sender is at fault."""


class Groups:
    """Groups of some parties.

    Args:
        parties: all of them, in an order that is the same at everybody.
    """

    def __init__(self, parties: Sequence[str]) -> None:
        self._parties = tuple(parties)

    @property
    def width(self) -> int:
        """The bytes that a group takes on the wire."""
        return (len(self._parties) + 7) // 8

    def encode(self, group: Collection[str]) -> bytes:
        """A group in ``width`` bytes."""
        bits = sum((party in group) << at for at, party in enumerate(self._parties))
        return bits.to_bytes(self.width, "little")

    def decode(self, data: bytes) -> tuple[str, ...]:
        """What ``encode`` made of a group, in the order of all.

        Raises:
            MalformedGroup: the length is wrong, or a bit stands for nobody.
        """
        bits = int.from_bytes(data, "little")
        if len(data) != self.width or bits >> len(self._parties):
            raise MalformedGroup(f"{len(data)} bytes are no group of {len(self._parties)} parties")
        return tuple(party for at, party in enumerate(self._parties) if bits >> at & 1)
