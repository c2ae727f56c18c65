"""What all tests share: the seed, the hypothesis profiles, and the code blocks of the docs.

anyio's own pytest plugin runs every async test on every backend there is: asyncio and trio.
"""

from __future__ import annotations

import gc
import os
import random
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.console import run_console
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Example

# No wall-clock assertions: hypothesis has no deadline. A failure prints what repeats it.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=False, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")

SEED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    given = config.getoption("hypothesis_seed")
    config.stash[SEED] = int(given) if given else random.SystemRandom().getrandbits(32)


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.stash[SEED]
    return f"seed: {seed} (repeat with: make test SEED={seed})"


def pytest_collection_finish() -> None:
    """Spare the collector the modules and tests, which live as long as the run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run; every random choice that is not hypothesis's own comes from it."""
    return request.config.stash[SEED]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


@pytest.fixture(autouse=True, scope="session")
def no_blocking() -> Iterator[None]:
    """A call of ours that blocks asyncio's event loop fails the test, or the fixture.

    Opening a node may: it reads the config and imports plugins before anything else runs.
    """
    packages = [
        "partywire",
        "partywire_cli",
        "partywire_grpc",
        "partywire_grpc_insecure",
        "partywire_grpc_mtls",
        "partywire_inmemory",
        "partywire_nitro_attest",
        "partywire_operator",
    ]
    with blockbuster_ctx(packages) as guard:
        for blocking in guard.functions.values():
            blocking.can_block_in("partywire/config/load.py", "load_config")
            blocking.can_block_in("partywire/plugins.py", "__init__")
        yield


def check_toml(example: Example) -> None:
    """A TOML block of the docs at least parses."""
    tomllib.loads(str(example.parsed))


# Python blocks of one page run in order and share their names; `% skip: next` skips one.
pytest_collect_file: Any = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser("toml", check_toml),
        CodeBlockParser("console", run_console),
        SkipParser(),
    ],
    patterns=["*.md"],
    fixtures=["tmp_path_factory"],
).pytest()
