"""Whether a peer reaches this party's node, as the peer tells its probe."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from partywire.delivery.hello import Way, WayBack
from partywire.probing import Finding, Status, in_words

_UNTOLD: Final = "its node does not say whether it reaches ours; its partywire may be an older one"
_UNTRIED: Final = "it has had no reason to connect to our node yet"

_SAID: Final = {
    Way.UNREACHABLE: (
        "it has not reached our node for {}: where it calls us nobody answers, or what answers "
        "closes the connection"
    ),
    Way.REFUSED: "it refuses who answers where it calls us, for {}",
    Way.TURNED_AWAY: "it is turned away where it calls us, for {}",
}


def of_way_back(party: str, peer: str, told: WayBack | None, own: Iterable[Finding]) -> Finding:
    """Return the finding ``way_back``.

    Args:
        party: this party.
        peer: who has told it.
        told: what it has told, if anything.
        own: what was found of this party's own node: where that does not run as it should, the peer
            is not to blame.
    """
    if told is None:
        return Finding("way_back", Status.UNKNOWN, _UNTOLD)
    facts: dict[str, str | float]
    facts = {"way": told.way.name.lower(), "seconds": told.seconds}
    if told.way is Way.UNTRIED:
        return Finding("way_back", Status.UNKNOWN, _UNTRIED, facts=facts)
    since = in_words(told.seconds)
    if told.way is Way.CONNECTED:
        return Finding("way_back", Status.OK, f"it reaches our node, for {since}", facts=facts)
    said = _SAID[told.way].format(since)
    if any(each.check == "listening" and each.status is not Status.OK for each in own):
        said = f"{said}; our node does not run as it should, see `listening`"
        return Finding("way_back", Status.UNKNOWN, said, facts=facts)
    who, remedy = _REMEDIES[told.way](party, peer)
    return Finding("way_back", Status.WRONG, said, who, remedy, facts)


def _unreachable(party: str, peer: str) -> tuple[str, str]:
    return peer, (
        f"compare the address of {party} in its config with where that node listens, and look into "
        f"its log; where both are right, the port of {party} has to be opened to it"
    )


def _refused(party: str, peer: str) -> tuple[str, str]:
    return peer, (
        f"look into the log of its node, which says why, and compare the address of {party} in its "
        "config with where that node listens"
    )


def _turned_away(party: str, peer: str) -> tuple[str, str]:
    return party, (
        f"look into the log of its own node, which says why it turns {peer} away, and let it read "
        "this config again"
    )


_REMEDIES: Final[Mapping[Way, Callable[[str, str], tuple[str, str]]]] = {
    Way.UNREACHABLE: _unreachable,
    Way.REFUSED: _refused,
    Way.TURNED_AWAY: _turned_away,
}
