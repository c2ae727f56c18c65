"""The contract of a transport that has a wire of single calls, in three groups."""

from partywire.testing.transport.single_answers import Answering
from partywire.testing.transport.single_ends import Ending
from partywire.testing.transport.single_evidence import Admitting


class SingleCallContract(Answering, Ending, Admitting):
    """What a transport promises of its wire of single calls, one test for each promise.

    A subclass gives what one of `TransportContract` does, with everybody on that wire by the
    configs. A transport that has connections, too, keeps both contracts.
    """
