"""A promise is overridden by those who say why, and by nobody else."""

from __future__ import annotations

from typing import cast

import pytest

from partywire.testing import Contract, TransportContract, overrides
from tests.conformance.stages import OverWire

NAME = "test_every_batch_arrives"


async def another(_self: object) -> None:
    """A test that somebody wrote in the place of a shipped one."""


def subclass(name: str, *bases: type, **tests: object) -> type[TransportContract]:
    return cast("type[TransportContract]", type(name, bases or (TransportContract,), tests))


def test_a_silent_override_is_an_error_that_names_it() -> None:
    with pytest.raises(TypeError, match=rf"Quiet overrides {NAME} .* silently; .*@overrides"):
        subclass("Quiet", **{NAME: another})


def test_a_promise_that_was_removed_is_an_override() -> None:
    with pytest.raises(TypeError, match=NAME):
        subclass("Removed", **{NAME: None})


def test_an_override_by_another_base_is_found() -> None:
    mixin = type("Mixin", (), {NAME: another})
    with pytest.raises(TypeError, match=NAME):
        subclass("Mixed", mixin, TransportContract)


def test_an_override_after_the_class_was_made_fails_a_test() -> None:
    late = subclass("Late", OverWire, TransportContract)
    setattr(late, NAME, another)
    with pytest.raises(TypeError, match=NAME):
        Contract.test_no_promise_is_overridden_silently(late())


def test_an_override_that_gives_its_reason_stands() -> None:
    marked = overrides("this wire is allowed to lose")(another)
    lossy = subclass("Lossy", **{NAME: marked})
    assert lossy.deviations() == {NAME: "this wire is allowed to lose"}
    assert subclass("Heir", lossy).deviations() == lossy.deviations()


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_override_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        overrides(reason)


def test_further_tests_of_ones_own_are_no_override() -> None:
    more = subclass("More", test_of_my_own=another)
    assert more.deviations() == {}
    assert NAME in more.promises()


def test_a_class_that_would_test_nothing_is_refused() -> None:
    """pytest passes over a class that leaves something abstract, and says nothing."""
    with pytest.raises(TypeError, match=r"TestNothing would test nothing: it lacks .*network"):
        type("TestNothing", (TransportContract,), {})
    assert subclass("Halfway", TransportContract).promises()
