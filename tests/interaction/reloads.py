"""What tests that reload a config share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Config

LIMITS: dict[str, object] = {"retry_first": "1ms"}


def without(config: Config, *parties: str) -> Config:
    """The same config, in which these are no peers."""
    return {**config, "peer": [peer for peer in config["peer"] if peer["id"] not in parties]}


async def talk(*sessions: Session) -> None:
    """One message from each to each."""
    for here in sessions:
        for there in sessions:
            if there is not here:
                await here.send(there.party, b"on the way", label=0)
                assert await there.receive(here.party, label=0) == b"on the way"
