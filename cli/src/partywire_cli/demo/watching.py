"""Shows the hospitals while they compute: a live table on a terminal, a line a round elsewhere.

On virtual time all happens at once, and there is nothing to be watched: lines, with that time.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from partywire import PartywireError, Session

from .protocol import STEPS, Step
from .saying import say
from .traffic import NOTHING, Seen, Traffic, size

REFRESH_SECONDS = 0.1
ALL_OTHERS = "all others"

Look = Callable[[], Seen]
"""Looks at a hospital's session, as long as it is open."""


class Seat:
    """What is seen of one hospital: where it is, its traffic, and whom it waits for.

    Attributes:
        traffic: after each of the steps that it has done, beginning with none done.
        begun: how many steps it has begun.
        out: whether its part has ended early, and in a word how; or nothing.
        without: the hospitals that it has given up.
    """

    def __init__(self) -> None:
        self.traffic: list[Traffic] = [NOTHING]
        self.begun = 0
        self.out: str = ""
        self.without: set[str] = set()
        self._last = NOTHING
        self.look: Look | None = None

    @property
    def now(self) -> Traffic:
        """The traffic up to now, or until its part ended."""
        return self._last if self.look is None else self.look().traffic

    @property
    def doing(self) -> str:
        """The step, in words."""
        if self.out:
            return self.out
        if self.begun == 0:
            return "meet the others"
        return "done" if self.look is None else STEPS[self.begun - 1].value

    @property
    def waits_for(self) -> str:
        """The parties it waits for, or nothing."""
        if self.look is None:
            return ""
        seen = self.look()
        everybody = 0 < len(seen.waits_for) == len(seen.traffic.waited)
        return ALL_OTHERS if everybody else ", ".join(seen.waits_for)

    def after(self, step: int) -> Traffic:
        """The traffic after a step, or up to now if it has not done that."""
        return self.traffic[step] if self.has_done(step) else self.now

    def has_done(self, step: int) -> bool:
        """Whether it has done a step, counted from 1."""
        return len(self.traffic) > step

    def leave(self, out: str = "") -> None:
        """Its part has ended; its session is not looked at any more."""
        self._last, self.look, self.out = self.now, None, out

    def longest_wait(self, step: int) -> tuple[float, str]:
        """Whom it waited for longest in a step that it has done, and for how many seconds."""
        before, after = self.traffic[step - 1].waited, self.traffic[step].waited
        return max((after[party] - before.get(party, 0), party) for party in after)


class Watching:
    """Follows all hospitals of one run.

    Args:
        hospitals: their names.
        console: where to show them.
        pace: seconds by which steps are slowed down, so that one can watch. The hospitals get
            different parts of it: the last one makes the others wait.
        virtual: whether the hospitals live on virtual time, which began at 0.
    """

    def __init__(
        self,
        hospitals: Sequence[str],
        console: Console,
        pace: float = 0,
        *,
        virtual: bool = False,
    ) -> None:
        self.seats: dict[str, Seat] = {name: Seat() for name in hospitals}
        self._console = console
        self._virtual = virtual
        self._live = console.is_terminal and not virtual
        self._steps_told = 0
        self._pauses = {name: pace * (at + 1) / len(hospitals) for at, name in enumerate(hospitals)}

    def begin(self, name: str, session: Session) -> None:
        """A hospital has opened its session, which is watched from now on."""
        self.follow(name, partial(Seen.of, session))

    def follow(self, name: str, look: Look) -> None:
        """A hospital has opened its session, and this is how to look at it."""
        self.seats[name].look = look

    async def step(self, name: str, step: Step) -> None:
        """A hospital is about to begin a step, and has done all those before."""
        self._end_step(name)
        self.seats[name].begun = STEPS.index(step) + 1
        if self._pauses[name]:
            await anyio.sleep(self._pauses[name])

    async def missed(self, name: str, step: Step, failures: Mapping[str, PartywireError]) -> None:
        """A hospital has done a step without some others; of each it is told once."""
        for party, failure in failures.items():
            self.goes_on_without(name, step, party, f"{type(failure).__name__}: {failure}")

    def goes_on_without(self, name: str, step: Step, party: str, why: str) -> None:
        """A hospital has done a step without another one; it is told once."""
        seat = self.seats[name]
        if party not in seat.without:
            seat.without.add(party)
            number = STEPS.index(step) + 1
            self.tell(f"{name} goes on without {party}, in round {number} ({step.value}): {why}")

    def end(self, name: str) -> None:
        """A hospital has done all steps; its session is not looked at any more."""
        self._end_step(name)
        self.seats[name].leave()

    def fail(self, name: str) -> None:
        """A hospital's part has ended by an error."""
        self.seats[name].leave("failed")
        self._tell_steps()

    def stop(self, name: str) -> None:
        """A hospital's node has died."""
        seat = self.seats[name]
        number = 1 if seat.look is None else min(seat.look().round + 1, len(STEPS))
        seat.leave("crashed")
        if not self._live:
            self.tell(f"{name} stops, in round {number}: {STEPS[number - 1].value}")
        self._tell_steps()

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show the table while the block runs, where the console is a terminal."""
        if not self._live:
            yield
            return
        with Live(self.table(), console=self._console, auto_refresh=False) as live:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep_fresh, live)
                yield
                tasks.cancel_scope.cancel()
            live.update(self.table(), refresh=True)

    def table(self) -> Table:
        """All hospitals as they are now."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        table.add_column("hospital")
        table.add_column("round")
        table.add_column("what it does", min_width=max(map(len, STEPS)))
        table.add_column("waits for", min_width=len("north, south"))
        for heading in ("sent", "received"):
            table.add_column(heading, justify="right", min_width=len("18, 3.1 MiB"))
        for name, seat in self.seats.items():
            traffic = seat.now
            sent = f"{traffic.messages_sent}, {size(traffic.bytes_sent)}"
            received = f"{traffic.messages_received}, {size(traffic.bytes_received)}"
            progress = f"{seat.begun}/{len(STEPS)}"
            table.add_row(name, progress, seat.doing, seat.waits_for, sent, received)
        return table

    async def _keep_fresh(self, live: Live) -> None:
        while True:
            live.update(self.table(), refresh=True)
            await anyio.sleep(REFRESH_SECONDS)

    def _end_step(self, name: str) -> None:
        """Note the traffic of a step."""
        seat = self.seats[name]
        if seat.begun:
            seat.traffic.append(seat.now)
            self._tell_steps()

    def _tell_steps(self) -> None:
        """Print a line for each step that the last hospital has done, of those that go on."""
        there = [seat for seat in self.seats.values() if not seat.out]
        while there and all(seat.has_done(self._steps_told + 1) for seat in there):
            self._steps_told += 1
            if not self._live:
                self.tell(self.line(self._steps_told))

    def tell(self, line: str) -> None:
        """Print a line, with the time where that is virtual."""
        say(self._console, f"{anyio.current_time():9.3f} s  {line}" if self._virtual else line)

    def line(self, step: int) -> str:
        """A step that all who go on have done, counted from 1, and what they have read so far."""
        after = [seat.after(step) for seat in self.seats.values()]
        messages = sum(traffic.messages_received for traffic in after)
        total = size(sum(traffic.bytes_received for traffic in after))
        done = {name: seat for name, seat in self.seats.items() if seat.has_done(step)}
        waits = ((*seat.longest_wait(step), name) for name, seat in done.items())
        seconds, waited_for, who = max(waits)
        return (
            f"round {step} of {len(STEPS)}: {STEPS[step - 1].value}. So far {messages} messages, "
            f"{total}; the longest wait: {who} for {waited_for}, {seconds:.2f} s"
        )
