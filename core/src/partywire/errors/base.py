"""The root of the error tree, and how an error's sentence is made from its facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import attrs

T = TypeVar("T")


@dataclass_transform(eq_default=False, field_specifiers=(attrs.field,))
def error(cls: type[T]) -> type[T]:
    """Make an exception class of the annotated facts."""
    return attrs.define(eq=False, slots=False)(cls)


def session_text(session: int) -> str:
    """Return a session id as people compare it: 32 hexadecimal digits."""
    return f"{session:032x}"


def slot_text(slot: int) -> str:
    """Return a slot in words: ``round 4`` or ``label 0x7a31``."""
    return f"round {slot}" if slot >= 0 else f"label {-1 - slot:#x}"


def outside_text(text: str, limit: int = 64) -> str:
    """Return text that came from outside, escaped and cut to ``limit`` characters."""
    escaped = text.encode("unicode_escape").decode("ascii")
    return escaped if len(escaped) <= limit else escaped[: limit - 3] + "..."


def _listed(value: Sequence[object] | Mapping[str, object]) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {item}" for name, item in value.items())
    return ", ".join(str(item) for item in value) or "none"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "session": session_text,
    "slot": slot_text,
    "seconds": "{:.1f}".format,
    "says": lambda text: outside_text(text, 256),
    "expected": lambda text: text or "a nameless caller",
}


@attrs.define(eq=False, slots=False)
class PartywireError(Exception):
    """The root of the tree. ``said`` is the sentence, with the facts' names in braces."""

    said: ClassVar[str] = "something failed"

    def __str__(self) -> str:
        """Return the sentence."""
        return self.said.format_map({name: self._word(name) for name in self._facts()})

    def again(self) -> Self:
        """Return an equal error that was never raised: many calls may raise one stored failure."""
        return attrs.evolve(self)

    def _facts(self) -> list[str]:
        return [field.name for field in attrs.fields(type(self))]

    def _word(self, name: str) -> str:
        value = getattr(self, name)
        if name in _WORDS:
            return _WORDS[name](value)
        if isinstance(value, str) or not isinstance(value, (Sequence, Mapping)):
            return str(value)
        return _listed(value)


@error
class Malformed(PartywireError):
    """Bytes from outside do not parse; ``what`` they should have been, and the first fault."""

    what: str
    problem: str
    said: ClassVar[str] = "malformed {what}: {problem}"
