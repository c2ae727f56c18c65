"""Every scenario runs at every venue, on asyncio and on trio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interaction.venues import VENUES

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


@pytest.fixture(params=VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    given: Venue = request.param
    return given
