"""Lost messages are said, and a peer that sees to it that there are many does not fill the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywire.delivery.agenda import Agenda
from partywire.node.losses import PAUSE, Losses

if TYPE_CHECKING:
    import pytest


def test_the_first_loss_is_said_at_once_and_the_others_are_summed_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    agenda = Agenda(lambda: now)
    losses = Losses("bob", 900.0, agenda)
    for session in range(2_000):
        losses.add(session, 2)
    (first,) = caplog.messages
    assert "was not opened here in time: 2 messages of bob are lost" in first
    for _ in range(3):
        now += PAUSE
        agenda.run()
    (_, summed) = caplog.messages
    assert "1999 more sessions were not opened here in time: 3998 messages of bob" in summed
    losses.add(1, 1)
    assert len(caplog.messages) == 3
