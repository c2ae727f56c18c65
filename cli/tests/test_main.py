"""The program: its own commands, those of plugins, and how errors end it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire_cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Install = Callable[..., None]

COMMAND = """
    import click
    from partywire.errors import NodeClosed
    from partywire.hookspecs import CommandDescriptor, hookimpl

    @click.command(help="Greet somebody.")
    @click.argument("whom")
    def greet(whom):
        if whom == "nobody":
            raise NodeClosed("alice")
        if whom == "bug":
            raise RuntimeError("a bug")
        click.echo(f"hello {whom}")

    @hookimpl
    def register_commands():
        return [CommandDescriptor("NAME", COMMAND)]
"""
GREET = COMMAND.replace("NAME", "greet").replace("COMMAND", "greet")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_it_tells_its_version() -> None:
    assert run("--version").output == "partywire 0.1.0\n"


def test_help_lists_the_commands() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "  demo  " in result.output
    assert "  plugins  " in result.output
    assert result.stderr == ""


@pytest.mark.parametrize("arguments", [["nothing"], ["demo", "--backend", "none"], ["--wrong"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_plugin_brings_a_command(install: Install) -> None:
    install("greeter", ["command.greet"], GREET)
    assert run("greet", "bob").output == "hello bob\n"
    assert re.search(r"^  greet +Greet somebody\.$", run("--help").output, re.MULTILINE)


def test_an_error_of_the_tree_ends_with_its_sentence_and_1(install: Install) -> None:
    install("greeter", ["command.greet"], GREET)
    result = run("greet", "nobody")
    assert (result.exit_code, result.output) == (1, "Error: the node of alice is closed\n")


def test_a_bug_keeps_its_traceback(install: Install) -> None:
    install("greeter", ["command.greet"], GREET)
    assert isinstance(run("greet", "bug").exception, RuntimeError)


def test_a_broken_plugin_is_told_and_breaks_no_other_command(install: Install) -> None:
    install("broken", ["command.break"], "import there_is_no_such_module")
    result = run("--help")
    assert (result.exit_code, result.stderr.count("Warning")) == (0, 1)
    assert "'command.break': cannot be imported: ModuleNotFoundError" in result.stderr
    assert "  demo  " in result.stdout
    assert run("demo", "--help").stderr == ""
    rows = [line.split() for line in run("plugins").stdout.splitlines()]
    assert ["command", "break", "broken", "1.2"] in rows
    assert run("break").exit_code == 2


def test_no_plugin_replaces_a_command_of_the_program(install: Install) -> None:
    install("thief", ["command.demo"], COMMAND.replace("NAME", "demo").replace("COMMAND", "greet"))
    result = run("--help")
    assert "'command.demo': the name belongs to a command of partywire itself" in result.stderr
    assert "Hospitals fit a classifier" in run("demo", "--help").output


def test_what_is_no_click_command_is_told(install: Install) -> None:
    install("odd", ["command.greet"], COMMAND.replace("NAME", "greet").replace("COMMAND", "print"))
    result = run("greet", "bob")
    assert result.exit_code == 2
    assert "'command.greet': registers builtin_function_or_method" in result.stderr
