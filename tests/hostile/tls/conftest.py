"""One honest pair for all impostors of a module."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

import pytest

from partywire_grpc import refusals
from tests.certificates.town import Town, town
from tests.hostile.tls.hamlet import Hamlet
from tests.hostile.tls.village import Papers, Village, papers, village
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(params=["asyncio", "trio"], scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


@pytest.fixture(scope="module")
def place() -> Town:
    return town(time())


@pytest.fixture(scope="module")
def every_refusal() -> Iterator[None]:
    """Refusals are logged without a pause between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusals, "PAUSE", 0.0)
        yield


@pytest.fixture(scope="module")
def known(place: Town, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(place, tmp_path_factory.mktemp("village"))


@pytest.fixture(scope="module")
async def there(
    anyio_backend: object, known: Papers, every_refusal: None
) -> AsyncIterator[Village]:
    """One for each event loop: whoever is not said to depend on that outlives it."""
    async with village(known) as there:
        yield there


@pytest.fixture
def hamlet(tmp_path: Path) -> Hamlet:
    return Hamlet(tmp_path)
