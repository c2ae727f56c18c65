"""Runs two parties as processes, each with its config."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.loopback import free_ports

PARTIES = ("p1", "p2")
MOST_SECONDS = 300
ROOT = Path(__file__).parents[2]


def exchanged(mebibytes: int) -> list[dict[str, Any]]:
    """Let two parties send each other a value of that size, and return what each saw."""
    one, other = (f"127.0.0.1:{port}" for port in free_ports(2))
    with (
        _party("p1", one, "p2", other, mebibytes) as p1,
        _party("p2", other, "p1", one, mebibytes) as p2,
    ):
        try:
            return [_seen(process) for process in (p1, p2)]
        finally:
            p1.kill()
            p2.kill()


def _party(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.large.party", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)  # noqa: S603


def _seen(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    printed, _ = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0
    seen: dict[str, Any] = json.loads(printed)
    return seen
