"""What all contracts have in common: one test for each promise, and no silent override of one."""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])

_SHIPPED: Final = "partywire.testing."
_REASON: Final = "__overridden_because__"


def overrides(reason: str) -> Callable[[F], F]:
    """Mark a test of one's own that stands in the place of a shipped one.

    Args:
        reason: why that promise does not hold, or not so, for this plugin; not empty.
    """
    if not reason.strip():
        raise ValueError("an override of a promise needs a reason")

    def mark(test: F) -> F:
        setattr(test, _REASON, reason)
        return test

    return mark


class Contract:
    """The root of all contracts: its tests are promises, and a subclass says what to test.

    A class that replaces a test of a contract without `overrides` is an error when it is made.

    Attributes:
        patience: seconds after which a test that waits has failed.
    """

    pytestmark: ClassVar[list[pytest.MarkDecorator]] = [pytest.mark.anyio]
    patience: ClassVar[float] = 10.0

    def __init_subclass__(cls) -> None:
        """Refuse a class with a promise that was overridden silently, or that tests nothing."""
        super().__init_subclass__()
        cls._refuse_silence()
        cls._refuse_emptiness()

    @classmethod
    def _refuse_emptiness(cls) -> None:
        """A class that leaves something abstract is not collected by pytest, which says nothing."""
        missing = sorted(
            name
            for name in dir(cls)
            if getattr(getattr(cls, name, None), "__isabstractmethod__", False)
        )
        if missing and cls.__name__.startswith("Test"):
            raise TypeError(f"{cls.__name__} would test nothing: it lacks {', '.join(missing)}")

    @classmethod
    def promises(cls) -> tuple[str, ...]:
        """Return the names of the shipped tests, sorted."""
        return tuple(sorted(cls._shipped()))

    @classmethod
    def deviations(cls) -> dict[str, str]:
        """Return the promises that a subclass has overridden, each with the reason."""
        reasons = {name: _reason(cls, name) for name in cls.promises()}
        return {name: reason for name, reason in reasons.items() if reason}

    def test_no_promise_is_overridden_silently(self) -> None:
        """Each promise is tested as it was shipped, or the override says why not."""
        self._refuse_silence()

    @classmethod
    def _shipped(cls) -> dict[str, object]:
        return {
            name: test
            for base in reversed(cls.__mro__)
            if base.__module__.startswith(_SHIPPED)
            for name, test in vars(base).items()
            if name.startswith("test_")
        }

    @classmethod
    def _refuse_silence(cls) -> None:
        silent = [
            name
            for name, test in cls._shipped().items()
            if inspect.getattr_static(cls, name) is not test and not _reason(cls, name)
        ]
        if silent:
            names = ", ".join(sorted(silent))
            raise TypeError(
                f"{cls.__qualname__} overrides {names} of its contract silently; "
                "give the test another name, or mark it with @overrides(reason)"
            )


def _reason(cls: type, name: str) -> str:
    return str(getattr(inspect.getattr_static(cls, name), _REASON, ""))
