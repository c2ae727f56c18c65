"""CBOR (RFC 8949) as attestation documents have it, and no more of it.

One value has one encoding: heads are minimal, lengths are known, keys stand once. So what is
accepted here means the same to every decoder. Numbers, bytes, text, arrays, maps, true, false and
null are taken; tags, floats, other simple values and chunked strings are refused.
"""

from typing import Final, NoReturn, TypeAlias

from partywire_nitro_attest.refusals import Refusal, refused

MAX_DEPTH: Final = 8
"""How deep items may stand within each other."""

Key: TypeAlias = int | bytes | str
Item: TypeAlias = "int | bytes | str | bool | list[Item] | dict[Key, Item] | None"

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SIMPLES: Final = {20: False, 21: True, 22: None}
_OPEN_MAP: Final = b"\xbf"
_BREAK: Final = b"\xff"
_INDEFINITE: Final = 31


def decode(data: bytes, *, open_map: bool = False) -> Item:
    """Return the one item that ``data`` holds.

    Time and memory are proportional to the size of ``data``, whatever its heads announce.

    Args:
        data: untrusted bytes.
        open_map: whether the outermost item may be a map of indefinite length.

    Raises:
        Refused: at the first byte that does not fit, by a code that begins with ``cbor-``.
    """
    reader = _Reader(data)
    item = reader.open_map() if open_map and data[:1] == _OPEN_MAP else reader.item(1)
    if reader.at != len(data):
        raise refused(Refusal.CBOR_TRAILING, at=reader.at)
    return item


class _Reader:
    """Reads items one after the other; ``at`` is the position in the data."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def item(self, depth: int) -> Item:
        start = self.at
        if depth > MAX_DEPTH:
            raise refused(Refusal.CBOR_DEPTH, at=start, most=MAX_DEPTH)
        kind, info = divmod(self._take(1)[0], 32)
        if info == _INDEFINITE:
            raise refused(Refusal.CBOR_INDEFINITE, at=start)
        if kind == _SIMPLE:
            return _simple(info, start)
        number = self._number(info, start)
        if kind == _UNSIGNED:
            return number
        if kind == _NEGATIVE:
            return -1 - number
        if kind == _TAG:
            _not_taken("a tag", start)
        return self._sized(kind, number, depth, start)

    def open_map(self) -> dict[Key, Item]:
        self.at = 1
        items: dict[Key, Item] = {}
        while self.data[self.at : self.at + 1] != _BREAK:
            self._entry(items, 1)
        self.at += 1
        return items

    def _sized(self, kind: int, size: int, depth: int, start: int) -> Item:
        """Read what has a length. Each item within takes a byte at least, so no length can lie."""
        if size > len(self.data) - self.at:
            raise refused(Refusal.CBOR_TRUNCATED, at=len(self.data))
        if kind == _BYTES:
            return self._take(size)
        if kind == _TEXT:
            return _text(self._take(size), start)
        if kind == _ARRAY:
            return [self.item(depth + 1) for _ in range(size)]
        items: dict[Key, Item] = {}
        for _ in range(size):
            self._entry(items, depth)
        return items

    def _entry(self, items: dict[Key, Item], depth: int) -> None:
        start = self.at
        key = self.item(depth + 1)
        if isinstance(key, bool) or not isinstance(key, (int, bytes, str)):
            raise refused(Refusal.CBOR_KEY, at=start)
        if key in items:
            raise refused(Refusal.CBOR_DUPLICATE_KEY, at=start)
        items[key] = self.item(depth + 1)

    def _number(self, info: int, start: int) -> int:
        """Read the number of a head: a value, or a length."""
        if info < 24:
            return info
        if info > 27:
            _not_taken("a head that is reserved", start)
        width = 1 << (info - 24)
        number = int.from_bytes(self._take(width), "big")
        least = 24 if width == 1 else 1 << (4 * width)
        if number < least:
            raise refused(Refusal.CBOR_NOT_MINIMAL, at=start)
        return number

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise refused(Refusal.CBOR_TRUNCATED, at=len(self.data))
        taken = self.data[self.at : end]
        self.at = end
        return taken


def _simple(info: int, start: int) -> bool | None:
    if info not in _SIMPLES:
        _not_taken("a float, or a simple value that is not true, false or null", start)
    return _SIMPLES[info]


def _text(data: bytes, start: int) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refused(Refusal.CBOR_TEXT, at=start) from None


def _not_taken(what: str, start: int) -> NoReturn:
    raise refused(Refusal.CBOR_TYPE, what=what, at=start)
