"""Directives that make the reference from the code, so that it cannot go stale.

    config-keys    the keys of a table of the config: `party`, `session`, `limits`,
                   `transport <name>`, `verifier <name>`, `peer <name>`; the last three of an
                   installed plugin; and `release nitro`, the table within that verifier's
    docstring      the docstring of a module as it stands in the source, without its first line
    refusals       the refusals of attestation documents: code, step, and sentence

And it hides the constructors of what programs do not make themselves.
"""

import importlib
import inspect
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from partywire.config import CORE_TABLES, Key, describe_keys
from partywire.plugins import Plugins
from partywire_nitro_attest import Refusal
from partywire_nitro_attest.config import NitroRelease

HEADINGS = ("key", "takes", "default", "what for")
WIDTHS = (18, 30, 12, 40)
MADE_FOR_YOU = {
    f"partywire.{name}" for name in ("Node", "Session", "Answers", "Wait", "Counters", "Delivery")
}


class ConfigKeys(Directive):
    """A table of keys."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        keys = describe_keys(_keys(*self.arguments))
        if not keys:
            return [nodes.paragraph(text="No keys of its own.")]
        head = nodes.thead("", _row([nodes.Text(heading) for heading in HEADINGS]))
        body = nodes.tbody("", *(_row(_cells(key)) for key in keys))
        columns = [nodes.colspec(colwidth=width) for width in WIDTHS]
        return [nodes.table("", nodes.tgroup("", *columns, head, body, cols=len(HEADINGS)))]


class Docstring(Directive):
    """A docstring, verbatim."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return a literal block."""
        text = inspect.getdoc(importlib.import_module(self.arguments[0])) or ""
        _, _, rest = text.partition("\n\n")
        return [nodes.literal_block(rest, rest, language="text")]


class Refusals(Directive):
    """A table of refusals."""

    def run(self) -> list[nodes.Node]:
        """Return the table, in the order of the steps."""
        rows = [
            _row([nodes.literal(text=it.code), nodes.Text(it.step.value), nodes.Text(it.sentence)])
            for it in Refusal
        ]
        head = nodes.thead("", _row([nodes.Text(name) for name in ("code", "step", "sentence")]))
        columns = [nodes.colspec(colwidth=width) for width in (20, 25, 55)]
        return [nodes.table("", nodes.tgroup("", *columns, head, nodes.tbody("", *rows), cols=3))]


def _keys(table: str, plugin: str = "") -> type:
    if table in CORE_TABLES:
        return CORE_TABLES[table]
    plugins = Plugins()
    if table == "transport":
        return plugins.transport(plugin).config
    if table == "verifier":
        return plugins.verifier(plugin).config
    if table == "attester":
        return plugins.attester(plugin).config
    if table == "release":
        return NitroRelease
    kinds = {each.kind for each in plugins.installed() if each.name == plugin}
    if "verifier" in kinds:
        return plugins.verifier(plugin).peer
    return plugins.transport(plugin).peer


def _cells(key: Key) -> list[nodes.Node]:
    default = "required" if key.default is None else key.default
    return [
        nodes.literal(text=key.name),
        nodes.Text(key.takes),
        nodes.Text(default) if key.default is None else nodes.literal(text=default),
        *([_marked(key.text)] if key.text else [nodes.Text("")]),
    ]


def _marked(text: str) -> nodes.inline:
    """Return a text of a docstring, in which double backticks stand around code."""
    parts = enumerate(text.split("``"))
    return nodes.inline(
        "", "", *(nodes.literal(text=it) if at % 2 else nodes.Text(it) for at, it in parts)
    )


def _row(cells: list[Any]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def without_constructor(_app: Sphinx, _what: str, name: str, *_: object) -> tuple[str, str] | None:
    """Return an empty signature for what is made by somebody else."""
    return ("", "") if name in MADE_FOR_YOU else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    app.connect("autodoc-process-signature", without_constructor)
    app.add_directive("config-keys", ConfigKeys)
    app.add_directive("docstring", Docstring)
    app.add_directive("refusals", Refusals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
