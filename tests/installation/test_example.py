"""The example plugin is installed as a third party's is, and found by its entry points."""

from __future__ import annotations

import json
import re

import pytest

from tests.architecture.house import ROOT, Distribution
from tests.installation.environment import Environment, fresh_environment

LOOK = """
import json, partywire_operator
from importlib.resources import files
from partywire.plugins import Plugins

installed = [it for it in Plugins().installed() if it.distribution == "partywire-operator"]
typed = files(partywire_operator).joinpath("py.typed").is_file()
names = [f"{it.kind}.{it.name}" for it in installed]
print(json.dumps([partywire_operator.__file__, typed, names]))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return fresh_environment(tmp_path_factory.mktemp("fresh"), "examples/operator")


def test_it_is_found_where_it_was_installed(environment: Environment) -> None:
    place, typed, names = json.loads(environment.run("-c", LOOK))
    assert place.startswith(str(environment.folder))
    assert typed
    assert names == ["attester.operator", "verifier.operator"]


def test_its_page_shows_every_file_of_it() -> None:
    page = (ROOT / "docs/how-to/ship-a-verifier.md").read_text("utf-8")
    shown = set(re.findall(r"literalinclude} ../../(examples/operator/src/\S+)", page))
    sources = Distribution(ROOT / "examples/operator").sources
    assert shown == {str(each.relative_to(ROOT)) for each in sources if each.stem != "__init__"}
