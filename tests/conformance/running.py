"""Runs a contract without pytest, and tells which of its promises are broken."""

from __future__ import annotations

import gc
import inspect
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import pytest

if TYPE_CHECKING:
    from collections.abc import Collection

    from partywire.testing import Contract

GUARD = "test_no_promise_is_overridden_silently"
"""Broken in test_overrides.py."""


@dataclass(frozen=True)
class Broken:
    """What a plugin with a fault is caught by.

    ``also`` are further promises that the same fault breaks; None where it breaks most of them.
    """

    subject: type
    contract: type[Contract]
    promise: str
    also: Collection[str] | None = ()
    only: str = ""
    """The one backend on which it can be seen."""

    def __str__(self) -> str:
        return self.subject.__name__


def kept_of(contract: type[Contract], names: Collection[str], backend: str) -> set[str]:
    """Run these tests of a contract on one backend, and return the names of those that pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is broken may leave a socket open
        kept = {name for name in names if keeps(contract, name, backend)}
        gc.collect()
    return kept


def keeps(contract: type[Contract], name: str, backend: str) -> bool:
    """Run one test; a skipped one keeps its promise."""
    try:
        run(getattr(contract(), name), backend)
    except pytest.skip.Exception:
        return True
    except (Exception, BaseExceptionGroup, pytest.fail.Exception):
        return False
    return True


def run(test: Any, backend: str) -> None:
    if inspect.iscoroutinefunction(test):
        anyio.run(test, backend=backend)
    else:
        test()


def caught(case: Broken, backend: str, **facts: object) -> None:
    """Fail unless the broken subject is caught by its promises, and on asyncio by no other."""
    facts = {"subject": case.subject, **facts}

    def contract(patience: float) -> type[Contract]:
        return type(f"Of{case}", (case.contract,), {**facts, "patience": patience})

    expected = {case.promise, *(case.also or ())} if case.only in ("", backend) else set()
    kept = kept_of(contract(1.0), expected, backend)
    assert not kept, f"{case} is not caught by {sorted(kept)}"
    if backend == "asyncio" and case.also is not None:
        others = set(case.contract.promises()) - expected
        fail = others - kept_of(contract(10.0), others, backend)
        assert not fail, f"{case} is caught by {sorted(fail)}, too"


def unbroken(contract: type[Contract], table: Collection[Broken]) -> set[str]:
    """Return the promises that nothing of a table breaks."""
    broken = {name for case in table for name in (case.promise, *(case.also or ()))}
    return set(contract.promises()) - broken - {GUARD}
