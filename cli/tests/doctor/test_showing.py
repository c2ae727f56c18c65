"""A diagnosis on the console and as data."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from partywire import Diagnosis
from partywire.probing import Finding, Status
from partywire_cli.doctor.data import as_data
from partywire_cli.doctor.showing import show, summary

FINE = Finding("port", Status.OK, "[red]open[/red]", facts={"seconds": 0.5})
BAD = Finding("identity", Status.WRONG, "somebody else", "bob", "say who that is")
ODD = Finding("clock", Status.WARNING, "slow", "bob", "set it")


def diagnosis(*found: Finding, insecure: bool = False) -> Diagnosis:
    return Diagnosis("alice.toml", "alice", "post", insecure, (), {"bob": found})


def shown(given: Diagnosis, *, terminal: bool) -> str:
    console = Console(
        file=StringIO(), markup=False, highlight=False, force_terminal=terminal, width=60
    )
    show(given, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_plain_lines_have_every_finding_and_who_has_to_act() -> None:
    assert shown(diagnosis(FINE, BAD), terminal=False).splitlines() == [
        "alice, this node",
        "bob",
        "  ok     port      [red]open[/red]",
        "  wrong  identity  somebody else",
        "                   bob has to say who that is",
        "1 thing is wrong",
    ]


def test_a_terminal_gets_colours_and_no_line_is_too_wide() -> None:
    long = Finding("port", Status.OK, "word " * 40)
    text = shown(diagnosis(long, BAD), terminal=True)
    assert "\x1b[1;31m" in text
    assert shown(diagnosis(long), terminal=True).count("word") == 40


@pytest.mark.parametrize("terminal", [False, True])
def test_an_insecure_config_is_told_first(terminal: bool) -> None:
    first = shown(diagnosis(FINE, insecure=True), terminal=terminal).splitlines()[0]
    assert "INSECURE: nothing proves who a peer is" in first


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([FINE], "nothing is wrong"),
        ([ODD], "nothing is wrong; 1 warning"),
        ([BAD, BAD, ODD, ODD], "2 things are wrong; 2 warnings"),
    ],
)
def test_the_last_line_says_what_it_comes_to(found: list[Finding], words: str) -> None:
    assert summary(diagnosis(*found)) == words
    assert diagnosis(*found).well is ("nothing" in words)


def test_data_has_the_keys_of_the_page_and_is_json() -> None:
    data = json.loads(json.dumps(as_data(diagnosis(FINE, BAD))))
    assert list(data) == [
        "config",
        "well",
        "mistakes",
        "party",
        "transport",
        "insecure",
        "own",
        "peers",
    ]
    assert data["well"] is False
    assert data["peers"]["bob"][0] == {
        "check": "port",
        "status": "ok",
        "said": "[red]open[/red]",
        "who": "",
        "remedy": "",
        "facts": {"seconds": 0.5},
    }
