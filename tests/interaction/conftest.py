"""Every scenario runs at every venue, on asyncio and on trio; over gRPC on uvloop too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interaction.venues import VENUES
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interaction.venues import Venue


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    given = VENUES[request.param]()
    yield given
    given.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep uvloop for what has sockets: in memory it runs the same code of ours."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        chosen = getattr(item, "callspec", None)
        without_sockets = (
            chosen is not None
            and chosen.params.get("anyio_backend") == "uvloop"
            and chosen.params.get("venue") != "grpc"
        )
        (left if without_sockets else kept).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept
