"""Where the processes of a demo listen, and what is done where a port is taken."""

from __future__ import annotations

import socket
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from rich.console import Console

from partywire_cli.demo import deployment, processes
from partywire_cli.demo.deployment import PORTS, Deployment, free_ports
from partywire_cli.demo.hospitals import HospitalsFailed, JointFit
from partywire_cli.demo.processes import Processes, run_processes
from partywire_cli.demo.records import deal, feature_names, load
from partywire_cli.demo.regression import Ridge
from partywire_cli.demo.report import Comparison
from partywire_cli.demo.watching import Watching

from .test_processes import HOSPITALS, SECONDS

if TYPE_CHECKING:
    from partywire_cli.demo.hospitals import Outcome

on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
"""Each process has a loop of its own."""


def test_ports_are_none_that_an_outgoing_connection_is_given() -> None:
    ports = free_ports(16)
    assert len(set(ports)) == len(ports)
    assert set(ports) <= set(PORTS)
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if given.exists():
        first, last = map(int, given.read_text().split())
        assert not set(ports).intersection(range(first, last + 1))


@pytest.fixture
def joint() -> JointFit:
    watching = Watching(HOSPITALS, Console(file=StringIO()))
    ridge = Ridge(len(feature_names()), len(HOSPITALS))
    return JointFit(deal(load(), HOSPITALS), ridge, watching)


async def run_with(monkeypatch: pytest.MonkeyPatch, joint: JointFit, *ports: list[int]) -> Outcome:
    """A run that finds these ports free first."""
    left = list(ports)
    monkeypatch.setattr(
        deployment, "free_ports", lambda count: left.pop(0) if left else free_ports(count)
    )
    with anyio.fail_after(SECONDS):
        return await run_processes(joint, Processes(Deployment(HOSPITALS)))


@on_asyncio
async def test_where_a_port_is_taken_others_are_tried(
    monkeypatch: pytest.MonkeyPatch, joint: JointFit
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        outcome = await run_with(monkeypatch, joint, [*free_ports(3), taken])
    assert Comparison.of(joint.records, joint.ridge, outcome.results).exact
    assert set(outcome.results) == set(HOSPITALS)


@on_asyncio
async def test_where_ports_are_taken_again_and_again_that_is_said(
    monkeypatch: pytest.MonkeyPatch, joint: JointFit
) -> None:
    monkeypatch.setattr(processes, "TRIES", 2)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        with pytest.raises(HospitalsFailed) as caught:
            await run_with(monkeypatch, joint, *[[*free_ports(3), taken] for _ in range(2)])
    assert list(caught.value.failures) == ["west"]
    assert f"found no free address: west: cannot listen at 127.0.0.1:{taken}" in str(caught.value)
