"""Hospitals as operating-system processes: started, heard, and ended by their own ids."""

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TypeVar

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from .endings import MalformedReport, NoReport
from .reports import MOST_BYTES, NotAReport, Report, decode

SILENCE = 30.0
"""Seconds in which every process that lives has something to say."""

Command = Sequence[str]
T = TypeVar("T")


class HospitalProcess:
    """A hospital's process, as its parent sees it.

    Attributes:
        name: the hospital's.
        pid: the process id.
    """

    def __init__(self, name: str, process: Process) -> None:
        self.name: str = name
        self.pid: int = process.pid
        self._process = process
        self._reports = BufferedByteReceiveStream(_pipe(process.stdout))
        self._words = BufferedByteReceiveStream(_pipe(process.stderr))

    async def begin(self) -> None:
        """Let it begin; nothing happens where it has died."""
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await _pipe(self._process.stdin).send(b"go\n")

    async def report(self) -> Report | None:
        """Its next report; None once it has closed its output.

        Raises:
            MalformedReport: it wrote something else.
            NoReport: it was silent for `SILENCE` seconds.
        """
        try:
            with anyio.fail_after(SILENCE):
                return decode(await self._reports.receive_until(b"\n", MOST_BYTES))
        except anyio.IncompleteRead:
            return None
        except anyio.DelimiterNotFound:
            raise MalformedReport(self.name, f"a line of over {MOST_BYTES} bytes") from None
        except NotAReport as problem:
            raise MalformedReport(self.name, str(problem)) from None
        except TimeoutError:
            raise NoReport(self.name, f"said nothing for {SILENCE:g} s") from None

    async def word(self) -> bytes | None:
        """Its next line on standard error, cut into pieces of `MOST_BYTES`; None at the end."""
        try:
            return await self._words.receive_until(b"\n", MOST_BYTES)
        except anyio.DelimiterNotFound:
            return await self._words.receive(MOST_BYTES)
        except anyio.IncompleteRead:
            rest = self._words.buffer
            return await self._words.receive(MOST_BYTES) if rest else None

    def kill(self) -> None:
        """End it at once; nothing happens where it has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> str:
        """How it ended, in words; nothing where a signal ended it. Kills it where it goes on."""
        with anyio.move_on_after(SILENCE):
            return _words(await self._process.wait())
        self.kill()
        await self._process.wait()
        return "closed its output and went on"


@asynccontextmanager
async def launched(commands: Mapping[str, Command]) -> AsyncIterator[dict[str, HospitalProcess]]:
    """Start a process for each hospital; on leaving, however that is, none of them is left.

    They have no terminal: Ctrl-C reaches the parent alone. They see that it is gone, however it
    went, by the end of their input.
    """
    async with AsyncExitStack() as stack:
        hospitals = {}
        for name, command in commands.items():
            process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            stack.push_async_callback(_end, process)
            hospitals[name] = HospitalProcess(name, process)
        yield hospitals


async def _end(process: Process) -> None:
    with anyio.CancelScope(shield=True):
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await process.aclose()


def _pipe(stream: T | None) -> T:
    if stream is None:
        raise TypeError("a process of ours was started without pipes")
    return stream


def _words(code: int) -> str:
    return "" if code < 0 else f"ended with exit code {code} and no result"


def python(module: str, *arguments: object) -> Command:
    """The command that runs a module of this package by this interpreter, wherever that is."""
    return [sys.executable, "-P", "-m", f"{__package__}.{module}", *map(str, arguments)]
