"""How long a caller is known that does not call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest

from partywire_grpc.reference import callers
from tests.reference.foreign import ACTIVE, foreign, health_tag, tag
from tests.reference.ground import PATIENCE, THEIRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference.ground import Place

REST: Final = 0.1
VALUE: Final[dict[str, Any]] = {"method": "SendValue", "tag": tag(1, THEIRS, 0)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "REST", REST)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_who_does_not_call_is_forgotten_and_may_come_back(
    somewhere: Place, shown: Callable[[], dict[str, str] | None]
) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
        ):
            for count in (1, 2):
                assert await theirs.calls(VALUE) == [("OK", ACTIVE)]
                (*_, guest) = await ours.counter.guests.wait_for(count)
                await guest.left.wait()


async def test_who_has_a_call_here_is_not_forgotten(
    somewhere: Place, shown: Callable[[], dict[str, str] | None]
) -> None:
    port, answers = somewhere.ports.reference, []
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", port, shown()) as waiting,
            foreign("client", port, shown()) as other,
            anyio.create_task_group() as group,
        ):
            ours.counter.held = anyio.Event()

            async def send() -> None:
                answers.extend(await waiting.calls(VALUE))

            group.start_soon(send)
            (kept,) = await ours.counter.guests.wait_for(1)
            for count in (2, 3):
                await other.call("HealthCheck", tag=health_tag(THEIRS))
                (*_, guest) = await ours.counter.guests.wait_for(count)
                await guest.left.wait()
            assert not kept.left.is_set()
            ours.counter.held.set()
        assert answers == [("OK", ACTIVE)]
