"""Every scenario runs at every venue, each on the event loops that make a difference there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interaction.venues import VENUES
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interaction.venues import Venue


LOOPS = {"bytes": {"asyncio"}, "mtls": {"uvloop"}, "reference": {"asyncio"}}
"""On which loops a venue is held; elsewhere on asyncio and trio.

In memory uvloop runs the same code of ours, and the byte codec knows no loop. Mutual TLS is the
wire of gRPC with other credentials, on the loop of our entry points; what both transports do on
each loop the contract of transports says (`plugins/grpc_mtls`, `plugins/grpc_insecure`).
"""
OTHERWISE = {"asyncio", "trio"}
ON_REFERENCE = {"test_rounds.py"}
"""What is held on the reference wire: it carries rounds, and no labels, ends or restarts."""
NOT_AS_BYTES = {"test_proofs.py"}
"""What is about hellos alone, which the venue of bytes does not encode."""
HERE = Path(__file__).parent


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    given = VENUES[request.param]()
    yield given
    given.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out scenarios that would only cost time; ``items`` are those of all folders."""
    left = [item for item in items if not _is_held(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if _is_held(item)]


def _is_held(item: pytest.Item) -> bool:
    chosen = getattr(item, "callspec", None)
    if HERE not in item.path.parents or chosen is None or "anyio_backend" not in chosen.params:
        return True
    venue = chosen.params.get("venue")
    if venue == "reference" and item.path.name not in ON_REFERENCE:
        return False
    if venue == "bytes" and item.path.name in NOT_AS_BYTES:
        return False
    return chosen.params["anyio_backend"] in LOOPS.get(venue, OTHERWISE)
