"""One honest pair for all who attack it, on asyncio: what differs on trio is below the judges."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from partywire.node import trials
from partywire_grpc import refusals
from partywire_nitro_attest.user_data import GROUP
from tests.hostile.attested.estate import Estate, built
from tests.hostile.tls.village import Village, village
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

NEVER = "never_true"
SOURCE = """
def check(user_data):
    if user_data is not None:
        return False
"""


@pytest.fixture(scope="module")
def anyio_backend() -> object:
    return BACKENDS["asyncio"]


@pytest.fixture(scope="module")
def every_refusal() -> Iterator[None]:
    """Refusals are made and logged without a pause between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusals, "PAUSE", 0.0)
        patch.setattr(trials, "PAUSE", 0.0)
        yield


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of an installed check of user data, which says False of all that there is."""
    place = tmp_path_factory.mktemp("site")
    info = place / "checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: checks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{NEVER} = {NEVER}:check\n")
    (place / f"{NEVER}.py").write_text(SOURCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(place)
        yield NEVER
    sys.modules.pop(NEVER, None)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("estate")


@pytest.fixture(scope="module")
def estate(private: Path, checked: str) -> Estate:
    return built(private, checked=checked)


@pytest.fixture(scope="module")
async def there(
    anyio_backend: object, estate: Estate, every_refusal: None
) -> AsyncIterator[Village]:
    async with village(estate) as there:
        yield there
