"""Fixtures for test suites: parties in memory, and simulations."""

from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Final

import pytest

from partywire import Node
from partywire_inmemory.parties import network
from partywire_inmemory.simulation import Simulation

OpenNetwork = Callable[..., AbstractAsyncContextManager[dict[str, Node]]]
MakeSimulation = Callable[..., Simulation]

SHOWN_EVENTS: Final = 20
_made: Final = pytest.StashKey[list[Simulation]]()


@pytest.fixture
def partywire_network() -> OpenNetwork:
    """Return what opens parties: see `partywire_inmemory.network`."""
    return network


@pytest.fixture
def partywire_simulation(request: pytest.FixtureRequest) -> MakeSimulation:
    """Return what makes simulations: see `partywire_inmemory.Simulation`.

    Where the test fails, its report shows the seed of each and what happened last.
    """
    made = request.node.stash.setdefault(_made, [])

    def make(*arguments: object, **options: object) -> Simulation:
        simulation = Simulation(*arguments, **options)  # type: ignore[arg-type]
        made.append(simulation)
        return simulation

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the simulations of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        for simulation in item.stash.get(_made, []):
            events = list(simulation.log)[-SHOWN_EVENTS:]
            title = f"simulation of {len(simulation.parties)} parties, seed {simulation.seed}"
            report.sections.append((title, "\n".join(map(str, events))))
    return report
