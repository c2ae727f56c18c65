"""The installed program, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PROGRAM = str(Path(sysconfig.get_path("scripts"), "partywire"))
SECONDS = 50


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603


def test_the_demo_runs_in_memory() -> None:
    ended = run("demo", "--transport", "inmemory")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[-1].endswith("agree exactly, at every hospital.")
    assert len([line for line in lines if line.startswith("round ")]) == 9


def test_the_plugins_are_listed() -> None:
    ended = run("plugins")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "transport  inmemory" in ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are sent as a POSIX signal")
@pytest.mark.parametrize(
    ("transport", "backend"),
    [("inmemory", "asyncio"), ("inmemory", "trio"), ("grpc-mtls", "asyncio")],
)
def test_an_interrupt_ends_it_without_a_traceback(transport: str, backend: str) -> None:
    """Also where this process was started with interrupts ignored, which a child inherits."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [PROGRAM, "demo", "--transport", transport, "--backend", backend, "--pace", "1000"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as running:  # noqa: S603
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Hospitals: ")
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=SECONDS)
    assert (running.returncode, errors.strip()) == (1, "Aborted!")
