"""Reads the house: its distributions, its files, and what they import."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distribution:
    """A folder with a pyproject.toml."""

    folder: Path

    def __str__(self) -> str:
        return shown(self.folder)

    @property
    def project(self) -> dict[str, Any]:
        project: dict[str, Any] = self.pyproject["project"]
        return project

    @property
    def pyproject(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))

    @property
    def package(self) -> str:
        """The name of its one package."""
        return str(self.project["name"]).replace("-", "_")

    @property
    def sources(self) -> list[Path]:
        return written_by_us(self.folder / "src")


@dataclass(frozen=True)
class Import:
    """One imported name, absolute, and where it is imported."""

    name: str
    path: Path
    line: int
    typing_only: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line} imports {self.name}"


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def distributions() -> list[Distribution]:
    patterns = ("*", "plugins/*", "integrations/*", "examples/*")
    found = [path for pattern in patterns for path in ROOT.glob(f"{pattern}/pyproject.toml")]
    return [Distribution(path.parent) for path in sorted(found)]


def written_by_us(folder: Path) -> list[Path]:
    """Every Python file below a folder, without what a tool generated."""
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not path.stem.endswith(("_pb2", "_pb2_grpc"))
    ]


def imports(path: Path, source_root: Path) -> Iterator[Import]:
    """Every import of a file, wherever it stands in it; relative ones made absolute.

    `from a import b` gives `a.b`, for whoever asks about `a` and about `a.b`.
    """
    tree = ast.parse(path.read_text("utf-8"), str(path))
    package = path.relative_to(source_root).parent.parts
    for_typing = {
        id(node) for block in ast.walk(tree) if is_typing_block(block) for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        for name in imported(node, package):
            yield Import(name, path, getattr(node, "lineno", 0), id(node) in for_typing)


def is_typing_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported(node: ast.AST, package: tuple[str, ...]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else ()
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def all_imports(distribution: Distribution) -> list[Import]:
    root = distribution.folder / "src"
    return [found for path in distribution.sources for found in imports(path, root)]


def report(rule: str, offences: list[str]) -> str:
    return "\n".join([f"{rule}:", *(f"  {offence}" for offence in offences)])
