"""How many schedules were run, and what happened in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.tests.delivery.support.participants import Performed


class Tally:
    """Counts over many performances."""

    def __init__(self) -> None:
        self.schedules = 0
        self.messages = 0
        self.faults: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def add(self, performance: Performed) -> None:
        """Count one that was checked."""
        self.schedules += 1
        self.faults.update(type(fault).__name__ for fault in performance.plan.faults)
        for participant in performance.participants:
            for peer in participant.local.pairs:
                self.messages += len(participant.received(peer))
                self.errors.update(type(error).__name__ for error in participant.errors(peer))

    def __str__(self) -> str:
        """Return the counts in one line, the most frequent first."""
        counted = ", ".join(f"{name} {count}" for name, count in self.faults.most_common())
        named = ", ".join(f"{name} {count}" for name, count in self.errors.most_common())
        return (
            f"{self.schedules} schedules, {self.messages} messages received; "
            f"faults: {counted or 'none'}; errors named: {named or 'none'}"
        )


TALLY = Tally()
"""The one of this process; the summary of a test run shows it."""
