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
