"""Files stay small, and some things are made in one place."""

from __future__ import annotations

import ast

from tests.architecture.house import ROOT, distributions, report, shown, written_by_us
from tests.architecture.layers import MADE_ONLY_IN, MOST_LINES, MOST_LINES_OF

SOURCES = [path for distribution in distributions() for path in distribution.sources]


def test_no_file_is_too_large_to_live_in() -> None:
    others = [
        ROOT / "conftest.py",
        *(p for f in ("benchmarks", "examples", "docs") for p in written_by_us(ROOT / f)),
    ]
    offences = []
    for path in SOURCES + others:
        most = MOST_LINES_OF.get(shown(path), MOST_LINES)
        lines = len(path.read_text("utf-8").splitlines())
        if lines > most:
            offences.append(f"{shown(path)} has {lines} lines, {most} at most")
    assert not offences, report("a large file holds two things", offences)


def test_only_one_module_makes_them() -> None:
    offences = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            home = MADE_ONLY_IN.get(name)
            if home and shown(path) != home:
                offences.append(f"{shown(path)}:{node.lineno} makes {name}, only {home} may")
    assert not offences, report("trust is made in one place", offences)
