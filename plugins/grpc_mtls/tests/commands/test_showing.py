"""How a certificate is put on the console."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from partywire_grpc_mtls.commands.showing import show_certificate

HASH = "0123456789abcdef" * 4


def on_console(*, terminal: bool) -> str:
    output = StringIO()
    console = Console(
        file=output, force_terminal=terminal, color_system=None, width=40, markup=False
    )
    show_certificate({"SHA-256": HASH}, ["[odd]"], console)
    return output.getvalue()


def test_lines_are_never_cut() -> None:
    assert on_console(terminal=False) == f"SHA-256  {HASH}\nWarning: [odd]\n"


def test_a_terminal_sees_all_of_it_too() -> None:
    output = on_console(terminal=True)
    folded = output.partition("SHA-256")[2].partition("Warning")[0]
    assert "".join(folded.split()) == HASH
    assert "Warning: [odd]\n" in output
