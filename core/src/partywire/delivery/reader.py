"""Reading untrusted bytes: every step is checked, and the end has to be the end."""

import struct
from typing import Any

from partywire.errors import Malformed


class ByteReader:
    """A position in bytes; ``what`` they should be is named in every `Malformed`."""

    __slots__ = ("_at", "_data", "_view", "what")

    def __init__(self, data: bytes, what: str) -> None:
        """Start at the beginning."""
        self.what: str = what
        self._data = data
        self._view = memoryview(data)
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        return bytes(self.view(size))

    def view(self, size: int) -> memoryview:
        """Return the next ``size`` bytes without copying them."""
        end = self._at + size
        if end > len(self._data):
            raise Malformed(self.what, "cut short")
        view = self._view[self._at : end]
        self._at = end
        return view

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        """Return the next fields."""
        at = self._at
        if at + layout.size > len(self._data):
            raise Malformed(self.what, "cut short")
        self._at = at + layout.size
        return layout.unpack_from(self._data, at)

    def times(self, count: int, least: int) -> range:
        """Return a range of ``count``, if that many items of ``least`` bytes can still come."""
        if count * least > len(self._data) - self._at:
            raise Malformed(self.what, "announces more than it holds")
        return range(count)

    def flag(self, value: int) -> bool:
        """Return a byte that is 0 or 1 as a boolean."""
        if value > 1:
            raise Malformed(self.what, "a flag that is neither 0 nor 1")
        return bool(value)

    def end(self) -> None:
        """Check that nothing is left."""
        if self._at != len(self._data):
            raise Malformed(self.what, "followed by something else")
