"""A sound plugin passes its contract, and each broken one is caught by what it breaks."""

from __future__ import annotations

import pytest

from partywire.testing import PluginContract
from tests.conformance.plugins import TABLE, LooksAtItsFile, OfFiles, OfWires
from tests.conformance.running import Broken, caught, unbroken


class TestWire(OfWires):
    pass


class TestWireWithAFile(OfFiles):
    subject = LooksAtItsFile


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_plugin_is_caught(case: Broken, backend: str) -> None:
    caught(case, backend)


def test_every_promise_has_a_plugin_that_breaks_it() -> None:
    assert not unbroken(PluginContract, TABLE)
