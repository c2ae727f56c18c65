"""What the hospitals' processes say, looked at and passed on: nothing that they say is believed."""

from collections.abc import Collection
from functools import partial

import anyio

from partywire.errors import outside_text

from .endings import EndedEarly, MalformedReport, NoReport, ProcessFailed
from .hospitals import JointFit
from .launching import HospitalProcess
from .protocol import STEPS
from .reports import Failed, Finished, Missed, Opened, Progress, Report, Taken
from .traffic import Seen

MOST_SHOWN = 1000
"""Characters of a sentence of a process that are shown."""


class Hearing:
    """Hears all processes of one run.

    Args:
        joint: is told of results, failures and progress.
        kill_in: by hospital, the round as which it enters it is killed.
        untrusted: whom the others do not let in, so that its part has to fail.

    Attributes:
        dropped: whose processes were killed, or were let in by nobody, in that order.
        refused: those of them that were let in by nobody.
    """

    def __init__(
        self, joint: JointFit, kill_in: dict[str, int], untrusted: Collection[str] = ()
    ) -> None:
        self.dropped: list[str] = []
        self.refused: list[str] = []
        self._joint = joint
        self._watching = joint.watching
        self._kill_in = kill_in
        self._untrusted = untrusted
        self._seen: dict[str, Seen] = {}

    async def opening(self, hospital: HospitalProcess) -> str:
        """Hear whether a node is open; returns what it says where its address is taken.

        Where it is not open for another reason, that is among the failures.
        """
        try:
            report = await hospital.report()
        except ProcessFailed as failure:
            return self._fail(hospital.name, failure)
        if isinstance(report, Taken):
            return _shown(report.says)
        if isinstance(report, Failed):
            return self._fail(hospital.name, _early(report))
        if not isinstance(report, Opened):
            problem = "ended before its node was open" if report is None else "began too early"
            return self._fail(hospital.name, NoReport(hospital.name, problem))
        return ""

    async def hear(self, hospital: HospitalProcess) -> None:
        """Hear a hospital until its process has ended."""
        name = hospital.name
        try:
            while (report := await hospital.report()) is not None:
                if not self._is_over(name):
                    await self._take(hospital, report)
        except ProcessFailed as failure:
            hospital.kill()
            self._fail(name, failure)
        how = await hospital.ended()
        if self._is_over(name):
            return
        if how:
            self._fail(name, NoReport(name, how))
        else:
            self.dropped.append(name)
            self._watching.stop(name)

    def _is_over(self, name: str) -> bool:
        ended = (self._joint.results, self._joint.failures, self.dropped)
        return any(name in each for each in ended)

    async def _take(self, hospital: HospitalProcess, report: Report) -> None:
        name = hospital.name
        match report:
            case Progress():
                await self._progress(hospital, report)
            case Missed() if 1 <= report.step <= len(STEPS) and report.party in self._others(name):
                step = STEPS[report.step - 1]
                self._watching.goes_on_without(name, step, report.party, _shown(report.why))
            case Finished() if self._is_sound(report):
                self._look(name, report.seen)
                self._watching.end(name)
                self._joint.results[name] = report.result
                self._joint.renewed[name] = report.renewed
            case Failed() if report.begun <= len(STEPS):
                self._fail(name, _early(report))
            case _:
                raise MalformedReport(name, "it fits nothing that is known of the computation")

    async def _progress(self, hospital: HospitalProcess, report: Progress) -> None:
        name, begun = hospital.name, self._watching.seats[hospital.name].begun
        self._look(name, report.seen)
        if report.begun == begun:
            return
        if report.begun != begun + 1 or begun == len(STEPS):
            raise MalformedReport(name, "it leaves out a round")
        await self._watching.step(name, STEPS[begun])
        if report.begun == self._kill_in.get(name):
            hospital.kill()

    def _look(self, name: str, seen: Seen) -> None:
        others = self._others(name)
        if set(seen.traffic.waited) != others or not others.issuperset(seen.waits_for):
            raise MalformedReport(name, "it waits for others than there are")
        if name not in self._seen:
            self._watching.follow(name, partial(self._seen.__getitem__, name))
        self._seen[name] = seen

    def _is_sound(self, report: Finished) -> bool:
        """Whether a result can be compared and shown; whether it is right is another question."""
        result = report.result
        return len(result.coefficients) == self._joint.ridge.features and all(
            _are_some(group, self._joint.records) for group in (result.fitted, result.scored)
        )

    def _others(self, name: str) -> set[str]:
        return set(self._joint.records) - {name}

    def _fail(self, name: str, failure: Exception) -> str:
        if name in self._untrusted and isinstance(failure, EndedEarly):
            self.dropped.append(name)
            self.refused.append(name)
            self._watching.tell(f"{name} ends, {failure}")
        else:
            self._joint.failures[name] = failure
        self._watching.fail(name)
        return ""


async def kill_at(hospital: HospitalProcess, seconds: float) -> None:
    """Kill a process, so many seconds from now."""
    await anyio.sleep(seconds)
    hospital.kill()


def _are_some(group: tuple[str, ...], everybody: Collection[str]) -> bool:
    return bool(group) and list(group) == [name for name in sorted(everybody) if name in group]


def _early(report: Failed) -> EndedEarly:
    where = "before the first round"
    if report.begun:
        where = f"in round {report.begun} ({STEPS[report.begun - 1].value})"
    return EndedEarly(outside_text(report.kind), _shown(report.says), where)


def _shown(text: str) -> str:
    return outside_text(text, MOST_SHOWN)
