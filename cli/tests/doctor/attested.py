"""What can be wrong between attested parties."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from tests.attested.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.loopback import Config

    from .places import Place

NO_ROOT: Final = "00" * 32


class Attested:
    """Both attest what they run, and bob's node runs; ``changes`` are those of `Deployment`."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    @asynccontextmanager
    async def __call__(self, place: Place) -> AsyncIterator[Config]:
        made = partial(Deployment, place.folder, **self._changes)
        deployment = await to_thread.run_sync(made)
        async with deployment.node("bob"):
            yield deployment.configs["alice"]


STAGES: Final = {
    "a release that is not trusted": ("bob", Attested(images={"bob": "another"})),
    "an enclave in debug mode": ("bob", Attested(attester={"debug": True})),
    "a root that is not trusted": ("bob", Attested(verifier={"development_root": NO_ROOT})),
    "no enclave": ("bob", Attested()),
    "our own release is not trusted here": ("alice", Attested(images={"alice": "another"})),
}
"""By name, who is looked at, and what brings it about."""
