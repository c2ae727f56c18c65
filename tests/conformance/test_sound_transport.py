"""A sound transport over sockets passes the whole contract."""

from partywire.testing import TransportContract
from tests.conformance.stages import OverWire


class TestWire(OverWire, TransportContract):
    pass
