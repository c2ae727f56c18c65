"""Programs of ours in processes of their own: lines in, lines out; they end with the test."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Final

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.architecture.house import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TELLS_PEAKS: Final = Path("/proc/self/status").exists()
LONGEST_LINE: Final = 10_000
"""Bytes of a line that a child says, at most."""


def peak(pid: int) -> int:
    """The most memory that a process had so far, in bytes. Linux tells it.

    `getrusage` would count what its parent had when it started the process.
    """
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    raise LookupError(f"no peak of process {pid}")


class Child:
    """A process that a test has started."""

    def __init__(self, process: anyio.abc.Process) -> None:
        self.process = process
        assert process.stdout is not None
        self._said = BufferedByteReceiveStream(process.stdout)

    @property
    def pid(self) -> int:
        """Its id, to look at it or to end it."""
        return self.process.pid

    async def line(self) -> str:
        """Wait for its next line and return it."""
        return (await self._said.receive_until(b"\n", LONGEST_LINE)).decode()

    async def tell(self, *lines: str) -> None:
        """Write lines to its input."""
        assert self.process.stdin is not None
        await self.process.stdin.send("".join(f"{line}\n" for line in lines).encode())

    async def ends(self) -> int:
        """Close its input, which ends it, and return its code."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        return await self.process.wait()

    async def kill(self) -> None:
        """End it with no chance to say a word."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def child(module: str, *given: str) -> AsyncIterator[Child]:
    """Run a module of ours; one that still runs at the end of the block is killed."""
    command = [sys.executable, "-m", module, *given]
    async with await anyio.open_process(
        command, stdin=PIPE, stdout=PIPE, stderr=None, cwd=ROOT
    ) as process:
        try:
            yield Child(process)
        finally:
            if process.returncode is None:
                process.kill()
