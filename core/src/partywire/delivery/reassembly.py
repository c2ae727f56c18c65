"""A large message on its way in: it grows by what arrives, never by what was announced."""

from io import BytesIO

from partywire.delivery.records import MESSAGE_COST


class Reassembly:
    """The chunks of one message so far.

    ``getvalue`` of a `BytesIO` does not copy, so the peak is one message.
    """

    __slots__ = ("_buffer", "slot", "total")

    def __init__(self, slot: int, total: int) -> None:
        """Start empty."""
        self.slot: int = slot
        self.total: int = total
        self._buffer = BytesIO()

    @property
    def rest(self) -> int:
        """How many bytes are still to come."""
        return self.total - self._buffer.tell()

    @property
    def cost(self) -> int:
        """What the whole message costs."""
        return self.total + MESSAGE_COST

    def append(self, data: bytes | memoryview) -> None:
        """Add the next chunk."""
        self._buffer.write(data)

    def message(self) -> bytes:
        """Return the whole message; call it once, when ``rest`` is 0."""
        return self._buffer.getvalue()
