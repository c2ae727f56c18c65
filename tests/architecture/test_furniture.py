"""Every distribution has the same furniture, and depends on what it uses and nothing else."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.house import ROOT, Distribution, all_imports, distributions, report

FURNITURE = ["pyproject.toml", "README.md", "LICENSE", "src", "tests"]
DISTRIBUTIONS = pytest.mark.parametrize("distribution", distributions(), ids=str)


def names(requirements: list[str]) -> set[str]:
    """`anyio>=4.12` and `Anyio [trio]` are both `anyio`."""
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in requirements)
    return {re.sub(r"[._-]+", "-", match[0]).lower() for match in found if match}


def pinned(file: str) -> set[str]:
    return names((ROOT / "requirements" / file).read_text("utf-8").splitlines())


def required(distribution: Distribution) -> set[str]:
    return names(distribution.project["dependencies"])


def optional(distribution: Distribution) -> set[str]:
    extras: dict[str, list[str]] = distribution.project.get("optional-dependencies", {})
    return {name for extra in extras.values() for name in names(extra)}


@DISTRIBUTIONS
def test_has_the_same_furniture(distribution: Distribution) -> None:
    package = distribution.folder / "src" / distribution.package
    wanted = [distribution.folder / name for name in FURNITURE]
    wanted += [package / "__init__.py", package / "py.typed"]
    missing = [str(path.relative_to(distribution.folder)) for path in wanted if not path.exists()]
    assert not missing, report(f"{distribution} lacks", missing)


@DISTRIBUTIONS
def test_says_the_same_of_itself(distribution: Distribution) -> None:
    project, core = distribution.project, Distribution(ROOT / "core").project
    for key in ("version", "requires-python", "license", "license-files", "authors", "readme"):
        assert project[key] == core[key], f"{distribution}: {key} differs from the core's"
    assert (
        distribution.pyproject["build-system"]
        == Distribution(ROOT / "core").pyproject["build-system"]
    )


@DISTRIBUTIONS
def test_leaves_the_tools_to_the_workspace(distribution: Distribution) -> None:
    own = set(distribution.pyproject.get("tool", {})) - {"hatch"}
    assert not own, f"{distribution}: settings of {own} belong into the root's pyproject.toml"


@DISTRIBUTIONS
def test_depends_on_what_it_imports(distribution: Distribution) -> None:
    known = packages_distributions()
    declared = required(distribution) | optional(distribution)

    def undeclared(top: str) -> bool:
        own = top in sys.stdlib_module_names or top == distribution.package
        return not own and not names(known.get(top, [top])) & declared

    offences = [str(found) for found in all_imports(distribution) if undeclared(found.top)]
    assert not offences, report(f"{distribution} uses what it does not depend on", offences)


@DISTRIBUTIONS
def test_its_dependencies_are_pinned(distribution: Distribution) -> None:
    ours = {str(other.project["name"]) for other in distributions()}
    unpinned = required(distribution) - ours - pinned("runtime.in")
    assert not unpinned, f"{distribution}: add {unpinned} to requirements/runtime.in"


def test_nothing_is_pinned_that_nobody_needs() -> None:
    needed = {name for distribution in distributions() for name in required(distribution)}
    idle = pinned("runtime.in") - needed
    assert not idle, f"no distribution needs {idle} of requirements/runtime.in"


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/ship-a-verifier.md"])
def test_what_pages_say_to_install_brings_all_that_it_needs(page: str) -> None:
    ours = {str(other.project["name"]): other for other in distributions()}
    said = re.findall(r"^ *\S*pip install (\./.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert said, f"{page} no longer says what to install from a checkout"
    for line in said:
        folders = {(ROOT / part).resolve() for part in line.split()}
        needed = {name for folder in folders for name in required(Distribution(folder))}
        unsaid = {name for name in needed & set(ours) if ours[name].folder not in folders}
        assert not unsaid, f"{page}: pip install {line} lacks {unsaid}, which no index has"


def test_the_workspace_types_every_distribution() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    paths = settings["tool"]["mypy"]["mypy_path"]
    wanted = {f"$MYPY_CONFIG_FILE_DIR/{distribution}/src" for distribution in distributions()}
    assert set(paths) == wanted, "tool.mypy.mypy_path in pyproject.toml lists the distributions"


@pytest.mark.parametrize("name", ["build.txt", "dev.txt"])
def test_pins_carry_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    for requirement in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in requirement, requirement.partition("\n")[0]
