"""Drives a node's agenda: one task that sleeps until the next appointment."""

import anyio

from partywire.delivery.agenda import Agenda
from partywire.node.bell import Bell


async def run_agenda(agenda: Agenda) -> None:
    """Do what the agenda holds, when it is due, until cancelled."""
    bell = Bell()
    agenda.earlier = bell.ring
    while True:
        when = agenda.next()
        pause = None if when is None else when - agenda.now()
        if pause is None or pause > 0:
            with anyio.move_on_after(pause):
                await bell.wait()
        else:
            await anyio.lowlevel.checkpoint()
        agenda.run()
