"""The count of schedules in the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.schedules.running import TALLIES

if TYPE_CHECKING:
    from pytest import TerminalReporter  # noqa: PT013


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    for backend, tally in TALLIES.items():
        if tally.schedules:
            terminalreporter.write_line(f"hostile schedules over nodes on {backend}: {tally}")
