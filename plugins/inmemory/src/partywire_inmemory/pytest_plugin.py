"""A fixture for test suites: parties in memory."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from partywire import Node
from partywire_inmemory.parties import network

OpenNetwork = Callable[..., AbstractAsyncContextManager[dict[str, Node]]]


@pytest.fixture
def partywire_network() -> OpenNetwork:
    """Return what opens parties: see `partywire_inmemory.network`."""
    return network
