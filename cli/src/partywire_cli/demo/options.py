"""Options of ``partywire demo`` that are more than a number or a word: callbacks of click."""

import re
from collections.abc import Iterable

import click

from partywire.config.units import parse_time

from .protocol import STEPS
from .simulated import Crash

_CRASH = re.compile(r"([^@]+)@(?:([0-9]{1,6})|([^@]+))", re.ASCII)


def duration(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """A length of time, as configs write it, in seconds; None where the option is not given."""
    return None if text is None else _seconds(text)


def crashes(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Crash, ...]:
    """Who crashes, and when; whether there is such a party is not looked at."""
    return tuple(_crash(text) for text in texts)


def rounds() -> str:
    """All rounds with their numbers."""
    return ", ".join(f"{number} ({step.value})" for number, step in enumerate(STEPS, start=1))


def check_parties(planned: tuple[Crash, ...], parties: tuple[str, ...]) -> None:
    """Refuse that somebody crashes who does not take part, or twice."""
    for crash in planned:
        if sum(other.party == crash.party for other in planned) > 1:
            raise click.BadParameter(
                f"{crash.party} crashes twice, and nobody comes back; give one crash for each",
                param_hint="'--crash'",
            )
        if crash.party not in parties:
            raise click.BadParameter(
                f"there is no {crash.party!r}; the hospitals are {', '.join(parties)}",
                param_hint="'--crash'",
            )


def check_party(option: str, chosen: Iterable[str], parties: tuple[str, ...]) -> None:
    """Refuse that an option names somebody who does not take part."""
    for party in chosen:
        if party not in parties:
            raise click.BadParameter(
                f"there is no {party!r}; the hospitals are {', '.join(parties)}",
                param_hint=f"'{option}'",
            )


def _crash(text: str) -> Crash:
    found = _CRASH.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no crash; write p3@2 (a round) or p3@2.5s (a time)")
    party, number, time = found.groups()
    return Crash(party, at=_seconds(time)) if time else Crash(party, round=_round(int(number)))


def _round(number: int) -> int:
    if not 1 <= number <= len(STEPS):
        raise click.BadParameter(f"there is no round {number}; the rounds are {rounds()}")
    return number


def _seconds(text: str) -> float:
    seconds = parse_time(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no length of time; write 50ms, 0.05s, 15min or 3h")
    return seconds
