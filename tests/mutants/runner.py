"""Runs tests against a copy of the core in which one rule is broken.

Each run is a child of its own: it has loaded what tests need already, and nothing of ours.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import sys
import tempfile
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio  # noqa: F401
import attrs
import blockbuster  # noqa: F401
import hypothesis
import pytest
import sybil  # noqa: F401
import trio  # noqa: F401

from tests.mutants.catalogue import ROOT, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutants.catalogue import Mutant

_FAILED: Final = re.compile(r"^FAILED (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)
_OPTIONS: Final = (
    "--exitfirst",
    "--quiet",
    "--no-header",
    "--tb=no",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "--hypothesis-seed=1",
    "--timeout=15",
)


@attrs.frozen
class Outcome:
    """How a run of tests ended: pytest's exit code, and what it printed."""

    code: int
    printed: str

    @property
    def passed(self) -> bool:
        """Whether all tests ran and passed."""
        return self.code == pytest.ExitCode.OK

    def caught_by(self, test: str) -> bool:
        """Tell whether that test failed, or hung until it was ended; no other fault counts."""
        hung = "+++ Timeout +++" in self.printed
        return self.code == pytest.ExitCode.TESTS_FAILED and (
            hung or test in _FAILED.findall(self.printed)
        )


@contextmanager
def copied() -> Iterator[Path]:
    """Copy the core to a folder of its own; yield the folder that holds the package."""
    with tempfile.TemporaryDirectory(prefix="partywire-mutant-") as folder:
        shutil.copytree(SOURCE, Path(folder, "partywire"), ignore=shutil.ignore_patterns("__py*"))
        compileall.compile_dir(folder, quiet=1)
        yield Path(folder)


def run_mutant(mutant: Mutant, tree: Path) -> Outcome:
    """Break the rule in the copy, run the mutant's test there, and mend the copy again."""
    path = tree / "partywire" / mutant.file
    whole, written = path.read_text("utf-8"), path.stat().st_mtime
    _write(path, mutant.applied(whole), written + 10)
    try:
        return run_tests([mutant.test], tree)
    finally:
        _write(path, whole, written)


def _write(path: Path, text: str, written: float) -> None:
    """Write a file as if at that time: what was compiled of it is used for that time only."""
    path.write_text(text, "utf-8")
    os.utime(path, (written, written))


def run_tests(tests: Sequence[str], tree: Path) -> Outcome:
    """Run tests against the package in ``tree``."""
    output = tree / "output"
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _become(output, tree, tests)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code, output.read_text("utf-8", "replace"))


def _become(output: Path, tree: Path, tests: Sequence[str]) -> None:
    """Be the child: run the tests, and never return."""
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(file, stream)
        os.chdir(ROOT)
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(tree))
        code = int(pytest.main([*_OPTIONS, *tests], plugins=[Guard(tree)]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Guard:
    """Sees to it that the tests run against the copy, and lose no time over a failure."""

    def __init__(self, tree: Path) -> None:
        """The package has to come from ``tree``."""
        self._tree = tree

    def pytest_configure(self) -> None:
        """Let hypothesis shrink nothing: that it fails is enough."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", database=None, deadline=None, phases=phases)
        hypothesis.settings.load_profile("mutants")

    def pytest_sessionfinish(self) -> None:
        """Look where the package came from."""
        import partywire

        if not Path(partywire.__file__).is_relative_to(self._tree):
            pytest.exit(f"the tests ran against {partywire.__file__}", returncode=3)
