"""The program of the docs that reads its config again at SIGHUP, as a process."""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.architecture.house import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs/how-to/change-a-deployment.md"
CONFIG = """
[party]
id = "alice"
[transport]
plugin = "inmemory"
network = "office"
[[peer]]
id = "bob"
"""
HASTY = """
import os, runpy, signal, sys
import partywire
opening = partywire.open_node
def open_node(config):
    os.kill(os.getpid(), signal.SIGHUP)
    return opening(config)
partywire.open_node = open_node
program = sys.argv.pop(1)
runpy.run_path(program, run_name="__main__")
"""
"""Runs a program, and sends SIGHUP just before its node is opened."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGHUP")


async def test_it_outlives_a_signal_that_comes_while_its_node_starts(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(import signal\n.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    program, config = anyio.Path(tmp_path / "program.py"), anyio.Path(tmp_path / "alice.toml")
    await program.write_text(block)
    await config.write_text(CONFIG)
    command = [sys.executable, "-c", HASTY, str(program), str(config)]
    with anyio.fail_after(50):
        async with await anyio.open_process(command, stderr=None) as process:
            try:
                assert process.stdout is not None
                said = BufferedByteReceiveStream(process.stdout)
                assert await said.receive_until(b"\n", 100) == b"the config was read again"
                await config.write_text(CONFIG + "odd = 1\n")
                os.kill(process.pid, signal.SIGHUP)
                await said.receive_until(b"peer[0].odd (bob): unknown key", 4000)
                assert process.returncode is None
            finally:
                process.terminate()
