"""The keys of ``[limits]``, and what has to hold between them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from partywire.config.mistakes import unknown
from partywire.config.reader import Reader
from partywire.config.units import size_text, time_text
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST


@attrs.frozen
class Rule:
    """``larger`` is at least ``smaller`` plus ``extra``; both are keys of ``[limits]``."""

    larger: str
    smaller: str
    text: Callable[[float], str]
    extra: int = 0

    def problem(self, limits: Limits) -> str | None:
        """Return what is wrong, or None."""
        least = getattr(limits, self.smaller) + self.extra
        given = getattr(limits, self.larger)
        if given >= least:
            return None
        cost = f" and the {self.extra} bytes that a message costs" if self.extra else ""
        return f"{self.text(given)} is less than limits.{self.smaller}{cost}: {self.text(least)}"


RULES: Final = (
    Rule("peer_bytes", "largest_message", size_text, MESSAGE_COST),
    Rule("label_overdraft", "mailbox_bytes", size_text),
    Rule("retry_longest", "retry_first", time_text),
)


def read_limits(reader: Reader, table: Mapping[str, Any]) -> Limits:
    """Return the limits. Rules are checked where both of their keys are sound by themselves."""
    kinds: dict[str, Any] = {field.name: field.type for field in attrs.fields(Limits)}
    reader.mistakes += [unknown(("limits", name), kinds) for name in table if name not in kinds]
    given = {
        name: reader.read(kinds[name], value, ("limits", name))
        for name, value in table.items()
        if name in kinds
    }
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    for rule in RULES:
        problem = rule.problem(limits)
        sound = None not in (given.get(rule.larger, 0), given.get(rule.smaller, 0))
        if problem and sound:
            reader.mistake(("limits", rule.larger), problem)
    return limits
