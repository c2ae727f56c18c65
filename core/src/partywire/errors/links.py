"""Connections and identities: who is at the other end, and whether it can be reached."""

from typing import ClassVar

import attrs

from partywire.errors.base import PartywireError, error


@error
class IdentityError(PartywireError):
    """The other end did not prove that it is the party it should be.

    Attributes:
        expected: that party.
        problem: why not.
        remedy: what its operator has to do, as it follows "has to"; empty where the verifier does
            not say. It is for the doctor, and in no other sentence.
    """

    expected: str
    problem: str
    remedy: str = attrs.field(default="", kw_only=True)
    said: ClassVar[str] = "identity of {expected} refused: {problem}"


class EvidenceInvalid(IdentityError):
    """The evidence is malformed, out of date, or not signed by whom it should be."""


class IdentityMismatch(IdentityError):
    """The evidence is good, and it is somebody else's."""


@error
class TransportError(PartywireError):
    """A connection to one peer failed."""

    party: str
    problem: str
    said: ClassVar[str] = "{party}: {problem}"


class Unreachable(TransportError):
    """The peer cannot be reached now; the core tries again with growing pauses."""


class Rejected(TransportError):
    """The connection is not worth a retry as it is: wrong identity, malformed, other version."""


class DuplicateParty(TransportError):
    """Two nodes run under one party id."""
