"""The contract of a transport, in six groups."""

from partywire.testing.transport.cancel import Cancelling
from partywire.testing.transport.close import Closing
from partywire.testing.transport.delivery import Delivering
from partywire.testing.transport.evidence import Proving
from partywire.testing.transport.load import Loading
from partywire.testing.transport.serve import Serving

__all__ = ["TransportContract"]


class TransportContract(Delivering, Closing, Cancelling, Loading, Serving, Proving):
    """What a transport promises, one test for each promise.

    A subclass says how to make a network (`network`) and how to break its connections (`cut`), and,
    where the transport can have them, who a stranger and an impostor would be.
    """
