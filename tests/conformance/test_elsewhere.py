"""The kit in a project of somebody else: no settings, a plain pytest, a transport that drops."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from partywire.testing.transport.delivery import Delivering
from tests.architecture.house import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
from partywire.testing.transport.delivery import Delivering
from tests.conformance.broken.delivering import Drops
from tests.conformance.stages import OverWire
from tests.conformance.wire import Wire

class TestMine(OverWire, Delivering):
    plugins = (Wire(Drops),)
"""


def test_a_plain_pytest_runs_each_promise_on_each_backend(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_mine.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-q", "-k", "arrive", str(tmp_path)]
    ran = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    failed = re.findall(r"^FAILED .*::(\w+)\[(\w+)\]", ran.stdout, flags=re.MULTILINE)
    name = "test_every_batch_arrives"
    assert sorted(failed) == [(name, "asyncio"), (name, "trio")], ran.stdout
    assert "AssertionError: batches never arrived: [50]" in ran.stdout
    arriving = [each for each in Delivering.promises() if "arrive" in each]
    assert f"2 failed, {2 * len(arriving) - 2} passed" in ran.stdout
