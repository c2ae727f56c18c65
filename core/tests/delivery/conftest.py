"""What the delivery tests share: small chunks for schedules, and their count in the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.tally import TALLY

if TYPE_CHECKING:
    from pytest import TerminalReporter  # noqa: PT013


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    if TALLY.schedules:
        terminalreporter.write_line(f"hostile schedules: {TALLY}")
