"""How a computation on shares ends without a result: by wrong bytes, or because of crashes."""

from collections.abc import Mapping, Sequence

from .saying import listed


class MalformedShares(ValueError):
    """A party sent bytes that are no shares.

    Attributes:
        party: who.
    """

    def __init__(self, party: str, reason: str) -> None:
        super().__init__(f"{party} sent malformed shares: {reason}")
        self.party: str = party


class TooFewLeft(Exception):
    """So many parties are missing that the computation cannot go on.

    Attributes:
        needed: how many have to be there.
        missing: by party, why it is missing.
    """

    def __init__(self, doing: str, needed: int, parties: int, missing: Mapping[str, str]) -> None:
        gone = listed([f"{party} ({why})" for party, why in missing.items()])
        super().__init__(
            f"{doing} takes {needed} of the {parties} parties, and {parties - len(missing)} are "
            f"left; missing: {gone}"
        )
        self.needed: int = needed
        self.missing: dict[str, str] = dict(missing)


class DealersDiffer(Exception):
    """Two parties stand on different dealings: too much went wrong before all could agree.

    Attributes:
        party: the other one.
        missing: the dealers whom only one of the two counts.
    """

    def __init__(self, party: str, theirs: Sequence[str], ours: Sequence[str]) -> None:
        self.party: str = party
        self.missing: tuple[str, ...] = tuple(sorted(set(theirs) ^ set(ours)))
        super().__init__(
            f"{party} and this party disagree on whether {listed(self.missing)} dealt: while that "
            "was agreed on, one party may crash or lose its connections, and more did; start again "
            "without those that are missing"
        )


class EndedEarly(Exception):
    """A hospital's part ended early, in a process of its own, which says how.

    Attributes:
        kind: the name of the error there.
        says: its sentence.
        where: the round, or that there was none yet.
    """

    def __init__(self, kind: str, says: str, where: str) -> None:
        super().__init__(f"{where}: {kind}: {says}")
        self.kind: str = kind
        self.says: str = says
        self.where: str = where


class ProcessFailed(Exception):
    """A hospital's process does not do what it should. Nothing that it says counts any more.

    Attributes:
        party: whose.
    """

    def __init__(self, party: str, problem: str) -> None:
        super().__init__(f"the process of {party} {problem}")
        self.party: str = party


class MalformedReport(ProcessFailed):
    """It wrote what is no report."""

    def __init__(self, party: str, problem: str) -> None:
        super().__init__(party, f"wrote what is no report: {problem}")


class NoReport(ProcessFailed):
    """It was silent for too long, or ended without a word."""
