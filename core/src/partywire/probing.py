"""What ``doctor`` asks of plugins: probes, and what they find.

A probe looks at one peer, and changes nothing there or here. It says what it found one by one, so
that nothing is lost where it fails half-way.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

from partywire.errors import outside_text
from partywire.identity import Identity
from partywire.interfaces import Judge
from partywire.setting import Setting

EXPIRES_SOON: Final = 14 * 86400.0
"""Seconds before an identity ends from which that is a warning."""
SHORT: Final = 86400.0
"""Seconds; an identity that lasts for less is made anew by a program, and is no warning."""
LONGEST: Final = 1024
"""Characters of what a finding says, and of its remedy, at most."""

_SPANS: Final = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


class Status(StrEnum):
    """What a finding comes to."""

    OK = "ok"
    """It is as it should be."""
    WARNING = "warning"
    """Messages go through, but somebody should act."""
    WRONG = "wrong"
    """Messages do not go through until somebody acts."""
    UNKNOWN = "unknown"
    """It cannot be known from here, or not yet; ``said`` says why."""


def _line(text: str) -> str:
    return text if text.isprintable() and len(text) <= LONGEST else outside_text(text, LONGEST)


def _unchangeable(facts: Mapping[str, str | float]) -> Mapping[str, str | float]:
    return MappingProxyType(dict(facts))


@attrs.frozen
class Finding:
    """What a probe found of one thing.

    Attributes:
        check: what was looked at: a word with underscores, the same in every run.
        status: what it comes to.
        said: what was found, for people; one line, without a payload or a key.
        who: the party whose operator has to act; empty where nobody has to.
        remedy: what that operator has to do, as it follows "has to".
        facts: the same for programs, in SI units; seconds since 1970 for a moment.

    Raises:
        ValueError: something is wrong, and nobody is named, or nothing to do.
    """

    check: str
    status: Status
    said: str = attrs.field(converter=_line)
    who: str = ""
    remedy: str = attrs.field(default="", converter=_line)
    facts: Mapping[str, str | float] = attrs.field(factory=dict, converter=_unchangeable)

    def __attrs_post_init__(self) -> None:
        """Refuse a fault that nobody is told to mend."""
        if bool(self.who) != bool(self.remedy) or (self.status is Status.WRONG and not self.who):
            raise ValueError(f"the finding {self.check!r} has to say who has to do what")


@attrs.frozen
class Subject:
    """Whom a probe looks at, and for whom.

    Attributes:
        setting: what the plugin of the probe is opened with by the config.
        peer: the peer; or the party of ``setting`` itself, for what can be seen of its own node.
        judge: judges what the peer shows, as the node would; raises `IdentityError`. Nothing that
            a node's own party shows can be judged.
        wall: the time in seconds since 1970.
    """

    setting: Setting
    peer: str
    judge: Judge
    wall: Callable[[], float]

    @property
    def is_own(self) -> bool:
        """Whether it is this party's own node that is looked at."""
        return self.peer == self.setting.party


Found = Callable[[Finding], None]
"""Takes a finding."""
Probe = Callable[[Subject, Found], Awaitable[None]]
"""Looks at one peer, and returns when nothing is left to be found.

It is called for each peer, side by side, and for the party itself. It may be cancelled at any time,
and is after `diagnosis.PATIENCE` seconds. What it raises is a fault of the plugin: that somebody
does not answer is a finding.
"""
Telling = Callable[[Subject, Identity], Finding]
"""Says what the newest identity of a peer comes to, after the hello, or where there was none.

It was made of what the peer has shown, and of its proof where it came to that.
"""


def ending(party: str, end: float, now: float, begin: float | None = None) -> Finding:
    """Return the finding ``expiry``: what shows that somebody is ``party`` ends at ``end``.

    All times are seconds since 1970. It has not ended yet. What has begun less than `SHORT` before
    its end is no warning.
    """
    left, facts = in_words(end - now), {"valid_until": end}
    said = f"ends in {left}, at {moment(end)}"
    if end - now >= EXPIRES_SOON or (begin is not None and end - begin < SHORT):
        return Finding("expiry", Status.OK, said, facts=facts)
    remedy = f"renew its certificate: it ends in {left}"
    return Finding("expiry", Status.WARNING, said, party, remedy, facts)


def in_words(seconds: float) -> str:
    """Return a length of time in its largest unit, rounded down: ``3 days``."""
    for length, unit in _SPANS:
        count = int(seconds // length)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def moment(seconds: float) -> str:
    """Return a moment, given in seconds since 1970, as people read it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):  # beyond the years that a date has
        return f"{seconds:g} s since 1970"
