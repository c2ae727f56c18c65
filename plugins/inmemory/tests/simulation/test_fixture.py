"""The fixture, and what it shows of a test that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .programs import count, counted

if TYPE_CHECKING:
    import pytest

    from partywire_inmemory.pytest_plugin import MakeSimulation

pytest_plugins = "pytester"

FAILING = """
def test_fails(partywire_simulation):
    async def program(node):
        async with node.session("doomed") as session:
            await session.exchange(dict.fromkeys(node.peers, b"x"))

    simulation = partywire_simulation(parties=2, seed=4711)
    simulation.every_link().latency = 0.05
    assert simulation.run(program).seconds == 0
"""


def test_the_fixture_makes_simulations(partywire_simulation: MakeSimulation) -> None:
    result = partywire_simulation(3, seed=1).run(count)
    assert result.values() == dict.fromkeys(("p1", "p2", "p3"), counted(2))


def test_a_failing_test_shows_its_seed_and_what_happened_last(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    ran = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    ran.assert_outcomes(failed=1)
    ran.stdout.re_match_lines([r"-+ simulation of 2 parties, seed 4711 -+", r".*returned +p[12]"])
