"""One hospital as a process, which `processes` starts.

It opens the node of its config, says so, and begins at its parent's word, which is a line on
standard input. What it has to say are the lines of `reports`, on standard output. When standard
input ends, so does the process: its parent is gone.
"""

import logging
import os
import secrets
import select
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio
import click
from anyio import to_thread

from partywire import Node, PartywireError, Session, open_node
from partywire.errors import Rejected, Undelivered

from .part import FAILURES, Agreed, take_part
from .protocol import STEPS, Step
from .records import deal, feature_names, load
from .regression import Ridge
from .reports import Failed, Finished, Missed, Opened, Progress, Report, Taken, encode
from .traffic import NOTHING, Seen

STDIN, STDOUT = 0, 1
PULSE = 0.2
"""Seconds between two reports at most, once it has begun."""

BEFORE = Seen(0, (), NOTHING)

_log = logging.getLogger("partywire")


class Renewals(logging.Handler):
    """Counts, in the log, how often this hospital's certificate was renewed.

    Attributes:
        count: so often.
    """

    RENEWED: Final = "the certificate of %s was renewed"

    def __init__(self) -> None:
        super().__init__()
        self.count: int = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line."""
        self.count += record.msg == self.RENEWED


async def write(data: bytes) -> None:
    """Write to the parent, who may be gone; nothing but this call waits meanwhile."""
    for at in range(0, len(data), select.PIPE_BUF):
        await anyio.wait_writable(STDOUT)
        try:
            os.write(STDOUT, data[at : at + select.PIPE_BUF])
        except BrokenPipeError:
            return


@dataclass
class Teller:
    """Follows the hospital's part, and tells the parent.

    Attributes:
        pause: seconds before each step.
        hold: the step, counted from 1, before which it waits to be killed.
        renewals: counts those of its certificate.
    """

    pause: float
    hold: int | None
    begun: int = 0
    renewals: Renewals = field(default_factory=Renewals)
    _session: Session | None = None
    _last: Seen = BEFORE
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    def begin(self, _: str, session: Session) -> None:
        """The session is open."""
        self._session = session

    async def step(self, _: str, step: Step) -> None:
        """A step is about to begin."""
        self.begun = STEPS.index(step) + 1
        await self.tell(Progress(self.begun, self.seen))
        if self.begun == self.hold:
            await anyio.sleep_forever()
        await anyio.sleep(self.pause)

    async def missed(self, _: str, step: Step, failures: Mapping[str, PartywireError]) -> None:
        """A step was done without some others."""
        for party, failure in failures.items():
            why = f"{type(failure).__name__}: {failure}"
            await self.tell(Missed(STEPS.index(step) + 1, party, why))

    def end(self, _: str) -> None:
        """The session is about to be left."""
        self._last, self._session = self.seen, None

    @property
    def seen(self) -> Seen:
        """What is seen of the session, or was before it was left."""
        return self._last if self._session is None else Seen.of(self._session)

    async def tell(self, report: Report) -> None:
        """Tell the parent, in turn."""
        async with self._turn:
            await write(encode(report))

    async def keep_telling(self) -> None:
        """Tell it again and again, so that it sees for whom this hospital waits."""
        while True:
            await anyio.sleep(PULSE)
            if self._session is not None:
                await self.tell(Progress(self.begun, self.seen))


async def live(config: Path, turn: int, teller: Teller) -> None:
    """Take part, as long as the parent is there."""
    go = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_heed, go, group.cancel_scope)
        group.start_soon(teller.keep_telling)
        await _take_part(config, turn, teller, go)
        group.cancel_scope.cancel()


async def _heed(go: anyio.Event, scope: anyio.CancelScope) -> None:
    """Begin at the parent's word, and end with the parent."""
    while True:
        await anyio.wait_readable(STDIN)
        if not os.read(STDIN, select.PIPE_BUF):
            scope.cancel()
            return
        go.set()


async def _take_part(config: Path, turn: int, teller: Teller, go: anyio.Event) -> None:
    """Take part, and tell how it ended."""
    opened = finished = False
    try:
        async with open_node(config) as node:
            opened = True
            await teller.tell(Opened())
            await go.wait()
            await _finish(node, turn, teller)
            finished = True
    except FAILURES as failure:
        if finished and isinstance(failure, Undelivered):
            _log.warning("%s", failure)
        elif not opened and isinstance(failure, Rejected):
            await teller.tell(Taken(str(failure)))
        else:
            await teller.tell(Failed(teller.begun, type(failure).__name__, str(failure)))


async def _finish(node: Node, turn: int, teller: Teller) -> None:
    parties = (node.party, *node.peers)
    ridge = Ridge(features=len(feature_names()), hospitals=len(parties))
    everything = await to_thread.run_sync(load)
    own = list(deal(everything, parties).values())[turn]
    result = await take_part(node, Agreed(parties, ridge), own, teller, secrets.SystemRandom())
    await teller.tell(Finished(result, teller.seen, teller.renewals.count))


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--turn", type=int, required=True, help="Which of the records are its own.")
@click.option("--backend", required=True)
@click.option("--pause", type=float, required=True)
@click.option("--hold", type=int)
def main(config: Path, turn: int, backend: str, pause: float, hold: int | None) -> None:
    """Be one hospital."""
    teller, warnings = Teller(pause, hold), logging.StreamHandler()
    warnings.setLevel(logging.WARNING)
    logging.basicConfig(format="%(message)s", handlers=[warnings])
    _log.setLevel(logging.INFO)
    _log.addHandler(teller.renewals)
    anyio.run(live, config, turn, teller, backend=backend)


if __name__ == "__main__":
    main()
