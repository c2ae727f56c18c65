"""Transports whose serving begins too early, ends too late, or ends by what comes in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from partywire.errors import ConfigInvalid, IdentityError, Mistake, Rejected, Unreachable
from partywire.setting import NEEDS_A_RESTART
from partywire.testing.samples import receipt_of
from partywire.testing.transport.serve import Serving
from tests.conformance.running import Broken
from tests.conformance.wire import Frames, WireTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import TaskStatus

    from partywire.delivery.records import Batch, Receipt
    from partywire.errors import TransportError
    from partywire.hookspecs import Setting
    from partywire.inbox import Dismiss, Guest, Inbox
    from partywire.interfaces import Channel, Judge


class StartsTooEarly(WireTransport):
    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        task_status.started()
        await anyio.sleep(0.05)
        await super().serve(inbox, task_status=anyio.TASK_STATUS_IGNORED)


class WaitsForCallers(WireTransport):
    """Serving does not end while somebody is connected."""

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        with anyio.move_on_after(2, shield=True):  # so that this test ends
            await super().host(frames, inbox)


class KeepsItsCallers(WireTransport):
    """Who came in stays connected when serving has ended."""

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        guest = super().arrive(evidence, inbox, dismiss)
        guest.leave = lambda: None  # type: ignore[method-assign]
        return guest


class SaysRejected(WireTransport):
    """A peer that does not serve is taken for one that refuses."""

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        try:
            async with super().connect(peer, judge) as channel:
                yield channel
        except Unreachable as error:
            raise Rejected(peer, error.problem) from error


class ServesOnce(WireTransport):
    served = False

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        if self.served:
            raise RuntimeError("served before")
        self.served = True
        await super().serve(inbox, task_status=task_status)


class IgnoresRejected(WireTransport):
    """The guest has rejected a batch, and the connection goes on."""

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        try:
            return await super().take(guest, batch)
        except Rejected:
            return receipt_of(batch)


class KeepsTheDismissed(WireTransport):
    """The core says that somebody has to go, and the connection goes on."""

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        return super().arrive(evidence, inbox, lambda _: None)


class DismissesEverybody(WireTransport):
    """Whoever has to go takes all other connections along."""

    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.dismissals: list[Dismiss] = []

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        self.dismissals.append(dismiss)
        return super().arrive(evidence, inbox, self.dismiss_all)

    def dismiss_all(self, problem: TransportError) -> None:
        for dismiss in self.dismissals:
            dismiss(problem)


class TakesNothing(WireTransport):
    """It refuses every setting, even that in use."""

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        raise ConfigInvalid("the config", [Mistake("transport", NEEDS_A_RESTART)])


class BeginsAnew(WireTransport):
    """What connects here breaks with each new setting."""

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        def take() -> None:
            for frames in [each for each in Frames.open if each.port == self.config.port]:
                frames.cut()

        return take


class Stumbles(WireTransport):
    """One exception of one connection ends the server."""

    stumbles_over: type[Exception] = Exception

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        self.problem: Exception | None = None
        await super().host(frames, inbox)
        if self.problem is not None:
            raise self.problem

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        try:
            return await super().take(guest, batch)
        except self.stumbles_over as error:
            self.problem = error
            raise

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        try:
            return super().arrive(evidence, inbox, dismiss)
        except self.stumbles_over as error:
            self.problem = error
            raise


class StumblesOverBatches(Stumbles):
    stumbles_over = Rejected


class StumblesOverStrangers(Stumbles):
    stumbles_over = IdentityError


ENDS = "test_serving_ends_by_cancellation"
OTHERS = "test_a_rejected_batch_ends_no_other_connection"
OWN = "test_a_rejected_batch_ends_its_connection"
REFUSED = "test_a_refused_caller_does_not_stop_the_server"
DISMISSED = "test_who_is_dismissed_is_gone"
ALONE = "test_a_dismissal_ends_no_other_connection"
AGAIN = "test_a_setting_can_be_taken_again"
LEAVES = "test_serving_leaves_no_connection"

TABLE = [
    Broken(StartsTooEarly, Serving, "test_callers_can_come_in_once_it_has_started", None),
    Broken(WaitsForCallers, Serving, ENDS, [LEAVES]),
    Broken(KeepsItsCallers, Serving, LEAVES, [OWN, DISMISSED]),
    Broken(SaysRejected, Serving, "test_nobody_comes_in_after_serving"),
    Broken(ServesOnce, Serving, "test_a_party_can_serve_again"),
    Broken(IgnoresRejected, Serving, OWN, [OTHERS]),
    Broken(KeepsTheDismissed, Serving, DISMISSED, [ALONE]),
    Broken(DismissesEverybody, Serving, ALONE),
    Broken(TakesNothing, Serving, AGAIN),
    Broken(BeginsAnew, Serving, AGAIN),
    Broken(StumblesOverBatches, Serving, OTHERS, [OWN]),
    Broken(
        StumblesOverStrangers,
        Serving,
        "test_a_stranger_does_not_stop_the_server",
        [REFUSED],
    ),
]
