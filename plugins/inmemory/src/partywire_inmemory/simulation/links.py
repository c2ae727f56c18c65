"""What happens to a frame on its way, by time and chance alone."""

from math import inf, isfinite
from random import Random

import attrs

from partywire.errors import OptionInvalid

TRIES = 7
"""How often a frame is sent that gets lost, before the connection breaks."""
LEAST_TIMEOUT = 0.2
"""Seconds after which a lost frame is sent again, at least; each further time twice as long."""


def _at_least_nothing(_: object, field: "attrs.Attribute[float]", value: float) -> None:
    if not (_is_number(value) and isfinite(value) and value >= 0):
        raise OptionInvalid(field.name, "a finite number of seconds from 0, such as 0.05")


def _positive(_: object, field: "attrs.Attribute[float]", value: float) -> None:
    if not (_is_number(value) and value > 0):
        raise OptionInvalid(field.name, "a number of bytes a second above 0, such as 1e6")


def _probability(_: object, field: "attrs.Attribute[float]", value: float) -> None:
    if not (_is_number(value) and 0 <= value <= 1):
        raise OptionInvalid(field.name, "a number from 0 to 1")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@attrs.define
class Conditions:
    """How one direction of a link is. A change concerns the frames that are sent after it.

    Attributes:
        latency: seconds that a frame is on its way.
        jitter: up to so many seconds more, evenly spread.
        bandwidth: bytes a second; a frame occupies the link for its size divided by that.
            Connections that are busy at once have equal shares of it.
        loss: the probability that a frame gets lost. As under TCP it is sent again, later and
            later, and holds up those behind it; after seven losses in a row the connection breaks.
        duplication: the probability that a batch arrives a second time, later.
        reordering: the probability that later batches overtake a batch.
    """

    latency: float = attrs.field(default=0.0, validator=_at_least_nothing)
    jitter: float = attrs.field(default=0.0, validator=_at_least_nothing)
    bandwidth: float = attrs.field(default=inf, validator=_positive)
    loss: float = attrs.field(default=0.0, validator=_probability)
    duplication: float = attrs.field(default=0.0, validator=_probability)
    reordering: float = attrs.field(default=0.0, validator=_probability)


SETTINGS = tuple(field.name for field in attrs.fields(Conditions))


class Setting:
    """One setting of every direction that a `Link` stands for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, link: "Link", owner: type | None = None) -> float:
        value: float = getattr(link.directions[0], self._name)
        return value

    def __set__(self, link: "Link", value: float) -> None:
        for conditions in link.directions:
            setattr(conditions, self._name, value)


class Link:
    """Settings of one direction, of both, or of all links: see `Conditions`.

    Reading a setting gives that of the first direction. It has no other attributes to set.
    """

    __slots__ = ("directions",)

    latency: Setting = Setting()
    jitter: Setting = Setting()
    bandwidth: Setting = Setting()
    loss: Setting = Setting()
    duplication: Setting = Setting()
    reordering: Setting = Setting()

    def __init__(self, *directions: Conditions) -> None:
        """Stand for these directions."""
        self.directions: tuple[Conditions, ...] = directions

    def set(self, **settings: float) -> None:
        """Set many at once, by name."""
        for name, value in settings.items():
            if name not in SETTINGS:
                raise OptionInvalid("a setting of a link", "one of: " + ", ".join(SETTINGS))
            setattr(self, name, value)


@attrs.frozen
class Fate:
    """What becomes of one frame.

    Attributes:
        arrives: when it is there, unless something before it holds it up.
        losses: how often it gets lost before.
        breaks: it never arrives, and then the connection breaks instead; or None.
        again: when it arrives a second time, or None.
        overtaken: whether those behind it need not wait for it.
    """

    arrives: float
    losses: int
    breaks: float | None
    again: float | None
    overtaken: bool


class Lane:
    """What one connection has of a path: its frames go one after another."""

    __slots__ = ("busy_until",)

    def __init__(self) -> None:
        """Idle."""
        self.busy_until: float = -inf


class Path:
    """One direction between two parties, with a random generator of its own.

    Connections share its bandwidth, as far as they were busy when a frame is sent: the hello of a
    new connection does not queue behind the bulk of another.

    Every frame takes the same number of random numbers, whatever the conditions are. So a change of
    one setting leaves the chances of the others as they were.
    """

    def __init__(self, conditions: Conditions, random: Random) -> None:
        """Start with an idle link."""
        self.conditions: Conditions = conditions
        self._random = random.random
        self._lanes: list[Lane] = []

    @property
    def timeout(self) -> float:
        """Seconds until a frame that was lost is sent again for the first time."""
        return max(LEAST_TIMEOUT, 2 * (self.conditions.latency + self.conditions.jitter))

    def leave(self, lane: Lane) -> None:
        """Give the share of a connection that is over to the others."""
        if lane in self._lanes:
            self._lanes.remove(lane)

    def carry(self, now: float, size: int, lane: Lane, *, batch: bool) -> Fate:
        """Decide about a frame of ``size`` bytes; only a batch comes twice or out of turn."""
        conditions, draw = self.conditions, self._random
        jitter, lost, twice, later, overtaken, held = (draw() for _ in range(6))
        sent = self._sent(now, size, lane)
        losses = _losses(lost, conditions.loss)
        timeout = self.timeout
        resent = sent + timeout * (2**losses - 1)
        if losses == TRIES:
            return Fate(inf, losses, resent, None, overtaken=False)
        arrives = resent + conditions.latency + conditions.jitter * jitter
        is_overtaken = batch and overtaken < conditions.reordering
        if is_overtaken:
            arrives += timeout * held
        again = arrives + timeout * later if batch and twice < conditions.duplication else None
        return Fate(arrives, losses, None, again, is_overtaken)

    def _sent(self, now: float, size: int, lane: Lane) -> float:
        """Return when the last byte of a frame leaves: others take turns with it, byte by byte."""
        others = [other for other in self._lanes if other.busy_until > now and other is not lane]
        begins, own = max(now, lane.busy_until), size / self.conditions.bandwidth
        turns = (min(own, max(other.busy_until - begins, 0.0)) for other in others)
        lane.busy_until = begins + own + sum(turns)
        self._lanes = [*others, lane]
        return lane.busy_until


def _losses(draw: float, loss: float) -> int:
    """Return how often in a row a frame gets lost, `TRIES` at most: k times by loss**k."""
    losses, chance = 0, loss
    while draw < chance and losses < TRIES:
        losses += 1
        chance *= loss
    return losses
