"""Imports go one way."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from tests.architecture.house import ROOT, Import, all_imports, distributions, report, shown
from tests.architecture.layers import CONFINED, LAYERS, ROOM, ROOM_MAY_IMPORT, UNTRUE

if TYPE_CHECKING:
    from pathlib import Path

CORE = ROOT / "core/src/partywire"
RANKS = {module: rank for rank, (_, modules) in enumerate(LAYERS) for module in modules}
EVERYTHING = [found for distribution in distributions() for found in all_imports(distribution)]
INSIDE_CORE = [found for found in EVERYTHING if found.path.is_relative_to(CORE)]


def room_of(path: Path) -> str:
    """`partywire/session.py` and `partywire/session/waits.py` are both of `session`."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def imported_room(found: Import) -> str | None:
    """Which module of `partywire` is imported; `__init__` for a name of the package itself."""
    if found.top != "partywire":
        return None
    parts = found.name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in RANKS else "__init__"


def test_every_module_of_the_core_has_a_layer() -> None:
    homeless = sorted({room_of(path) for path in CORE.rglob("*.py")} - set(RANKS))
    assert not homeless, report("give these a layer in tests/architecture/layers.py", homeless)


def test_the_core_imports_downwards_only() -> None:
    def climbs(found: Import) -> bool:
        target = imported_room(found)
        return target is not None and RANKS[target] > RANKS.get(room_of(found.path), 99)

    offences = [str(found) for found in INSIDE_CORE if climbs(found)]
    order = " <- ".join(name for name, _ in LAYERS)
    assert not offences, report(f"imports go one way, {order}", offences)


def test_no_modules_of_the_core_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for found in INSIDE_CORE:
        target = imported_room(found)
        if target and not found.typing_only and target != room_of(found.path):
            graph.setdefault(room_of(found.path), set()).add(target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle: list[str] = error.args[1]
        raise AssertionError(f"a circle of imports: {' <- '.join(circle)}") from None


def test_the_room_without_io_stays_without() -> None:
    def allowed(found: Import) -> bool:
        if found.top == "partywire":
            return imported_room(found) in {ROOM, "errors"}
        return bool({found.top, found.name} & ROOM_MAY_IMPORT)

    offences = [str(f) for f in INSIDE_CORE if room_of(f.path) == ROOM and not allowed(f)]
    rule = "partywire/delivery computes and nothing else (ROOM_MAY_IMPORT in layers.py)"
    assert not offences, report(rule, offences)


def test_libraries_are_confined() -> None:
    offences = [
        f"{found} (only {', '.join(CONFINED[found.top])} may)"
        for found in EVERYTHING
        if found.top in CONFINED and not shown(found.path).startswith(CONFINED[found.top])
    ]
    assert not offences, report("a third-party library has one home", offences)


def test_what_proves_nothing_is_far_from_production() -> None:
    offences = [
        f"{found} (only {', '.join(allowed)} may)"
        for module, allowed in UNTRUE.items()
        for found in EVERYTHING
        if f"{found.name}.".startswith(f"{module}.") and not shown(found.path).startswith(allowed)
    ]
    assert not offences, report("a stand-in is imported by what stands in for something", offences)


def test_no_plugin_imports_another() -> None:
    homes = {"plugins", "examples"}
    plugins = {d.package: d.folder for d in distributions() if d.folder.parent.name in homes}
    offences = [
        str(found)
        for found in EVERYTHING
        if (home := plugins.get(found.top)) and not found.path.is_relative_to(home)
        if any(found.path.is_relative_to(folder) for folder in plugins.values())
    ]
    assert not offences, report("no plugin imports another plugin", offences)


def test_the_core_imports_no_other_distribution() -> None:
    others = {distribution.package for distribution in distributions()} - {"partywire"}
    offences = [str(found) for found in INSIDE_CORE if found.top in others]
    assert not offences, report("the core stands alone", offences)
