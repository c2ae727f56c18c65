"""``partywire plugins``."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

from click.testing import CliRunner
from rich.console import Console

from partywire.plugins import Installed
from partywire_cli.listing import plugins, show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Install = Callable[..., None]

INMEMORY = Installed("transport", "inmemory", "partywire-inmemory", "0.1.0")


def shown(installed: Sequence[Installed], *, terminal: bool) -> str:
    output = StringIO()
    show(installed, Console(file=output, force_terminal=terminal, width=60, markup=False))
    return output.getvalue()


def test_lines_are_aligned_and_never_cut() -> None:
    odd = Installed("verifier", "[x]", "a-very-long-name-of-a-distribution", "10.0")
    assert shown([INMEMORY, odd], terminal=False).splitlines() == [
        "kind       name      distribution                        version",
        "transport  inmemory  partywire-inmemory                  0.1.0",
        "verifier   [x]       a-very-long-name-of-a-distribution  10.0",
    ]


def test_a_terminal_sees_a_table() -> None:
    lines = shown([INMEMORY], terminal=True).splitlines()
    assert any("─" in line for line in lines)
    assert any("inmemory" in line for line in lines)


def test_no_plugins_are_no_table() -> None:
    assert shown([], terminal=False) == "no plugins are installed\n"


def test_json_has_every_plugin_and_imports_none(install: Install) -> None:
    install("third", ["transport.pigeon", "verifier.x"], "raise SystemExit('imported')")
    result = CliRunner().invoke(plugins, ["--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    for kind, name in [("transport", "pigeon"), ("verifier", "x")]:
        assert {"kind": kind, "name": name, "distribution": "third", "version": "1.2"} in found
    assert "inmemory" in [plugin["name"] for plugin in found]


def test_a_name_claimed_twice_is_listed_twice(install: Install) -> None:
    install("one", ["transport.pigeon"])
    install("two", ["transport.pigeon"])
    lines = CliRunner().invoke(plugins).output.splitlines()
    assert [line.split()[2] for line in lines if "pigeon" in line] == ["one", "two"]
