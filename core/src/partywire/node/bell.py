"""An event that can happen again: everyone who waits is woken, and looks for itself."""

import anyio


class Bell:
    """Wake all that wait now, any number of times."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._event: anyio.Event | None = None

    def ring(self) -> None:
        """Wake everyone."""
        if self._event is not None:
            self._event.set()
            self._event = None

    async def wait(self) -> None:
        """Wait for the next ring."""
        if self._event is None:
            self._event = anyio.Event()
        await self._event.wait()
