"""What a probe finds, and the words for it."""

from __future__ import annotations

import pytest

from partywire.probing import (
    EXPIRES_SOON,
    LONGEST,
    SHORT,
    Finding,
    Status,
    ending,
    in_words,
    moment,
)


@pytest.mark.parametrize(("who", "remedy"), [("", ""), ("bob", ""), ("", "renew his certificate")])
def test_what_is_wrong_names_who_has_to_do_what(who: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="who has to do what"):
        Finding("port", Status.WRONG, "closed", who, remedy)


def test_what_is_said_is_one_printable_line() -> None:
    found = Finding("port", Status.WRONG, "red \x1b[31m\n", "bob", "x" * 2 * LONGEST)
    assert found.said == r"red \x1b[31m\n"
    assert len(found.remedy) == LONGEST


def test_facts_do_not_change_behind_a_finding() -> None:
    facts: dict[str, str | float] = {"seconds": 1.0}
    found = Finding("port", Status.OK, "open", facts=facts)
    facts["seconds"] = 2.0
    assert found.facts == {"seconds": 1.0}


@pytest.mark.parametrize(
    ("left", "status"),
    [(EXPIRES_SOON, Status.OK), (EXPIRES_SOON - 1, Status.WARNING), (1.0, Status.WARNING)],
)
def test_an_end_is_warned_of_from_fourteen_days_before(left: float, status: Status) -> None:
    found = ending("bob", 1e9 + left, 1e9)
    assert (found.status, found.facts["valid_until"]) == (status, 1e9 + left)
    assert (found.who == "bob") == (status is Status.WARNING)


def test_what_a_program_makes_anew_each_day_is_no_warning() -> None:
    for life, status in ((SHORT - 1, Status.OK), (SHORT, Status.WARNING)):
        assert ending("bob", 1e9 + 60, 1e9, 1e9 + 60 - life).status is status


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (7200, "2 hours"),
        (86400, "1 day"),
        (3 * 86400 + 5, "3 days"),
    ],
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "1970-01-01 00:00:00 UTC"), (1e300, "1e+300 s since 1970"), (-1e300, "-1e+300 s since")],
)
def test_a_moment_is_one_even_where_no_date_is(seconds: float, words: str) -> None:
    assert moment(seconds).startswith(words)
