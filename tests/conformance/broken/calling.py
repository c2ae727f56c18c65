"""Transports whose wire of single calls loses, mixes up or makes up what passes on it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from partywire.errors import IdentityError, Rejected, TransportError, Unreachable
from partywire.identity import Identity
from partywire.testing.transport.single_answers import Answering
from partywire.testing.transport.single_ends import Ending
from partywire.testing.transport.single_evidence import Admitting
from tests.conformance.broken.closing import leak
from tests.conformance.passwords import Shown
from tests.conformance.running import Broken
from tests.conformance.single import SingleChannel, SingleTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskStatus

    from partywire.delivery.records import Status
    from partywire.delivery.tags import Tag
    from partywire.identity import Evidence
    from partywire.inbox import Dismiss, Guest, Inbox
    from partywire.interfaces import Judge
    from tests.conformance.wire import Frames


class KnowsNobody(SingleTransport):
    def unary(self, peer: str) -> bool:
        return False


class CutsLargeOnes(SingleTransport):
    async def answer(self, guest: Guest, kind: bytes, fields: Any, payload: bytes) -> int | None:
        return await super().answer(guest, kind, fields, payload[: 1 << 16])


class TakesTwice(SingleTransport):
    async def answer(self, guest: Guest, kind: bytes, fields: Any, payload: bytes) -> int | None:
        if kind == b"m":
            await super().answer(guest, kind, fields, payload)
        return await super().answer(guest, kind, fields, payload)


class SaysActive(SingleTransport):
    """Whatever becomes of a message, it was taken."""

    async def answer(self, guest: Guest, kind: bytes, fields: Any, payload: bytes) -> int | None:
        status = await super().answer(guest, kind, fields, payload)
        return status if status is None else 0


class OneAtATime(SingleTransport):
    async def hear(self, guest: Guest, frames: Frames, kind: bytes, body: bytes) -> None:
        async with anyio.create_task_group() as group:
            self.groups[frames] = group
            await super().hear(guest, frames, kind, body)


class MixesUp(SingleTransport):
    """An answer is taken for that of the oldest call."""

    class channel(SingleChannel):  # noqa: N801
        def answered(self, number: int, status: int | None) -> None:
            super().answered(min(self.waiting, default=number), status)


class SaysUnreachable(SingleTransport):
    """A message that was rejected is worth another try."""

    class channel(SingleChannel):  # noqa: N801
        async def send(self, tag: Tag, payload: bytes) -> Status:
            try:
                return await super().send(tag, payload)
            except Rejected as error:
                raise Unreachable(self.peer, error.problem) from error


class HangsUp(SingleTransport):
    """A message that was rejected ends the connection."""

    class channel(SingleChannel):  # noqa: N801
        async def send(self, tag: Tag, payload: bytes) -> Status:
            try:
                return await super().send(tag, payload)
            except Rejected as error:
                self.lose(error)
                raise


class ChecksNobody(SingleTransport):
    class channel(SingleChannel):  # noqa: N801
        async def check(self, payload: bytes = b"") -> None:
            if self.problem is not None:
                raise self.reason()


class SaysRejected(SingleTransport):
    """A peer that does not serve is taken for one that refuses."""

    @asynccontextmanager
    async def call(self, peer: str, judge: Judge) -> AsyncIterator[Any]:
        try:
            async with super().call(peer, judge) as channel:
                yield channel
        except Unreachable as error:
            raise Rejected(peer, error.problem) from error


class MakesUpAnswers(SingleTransport):
    """What waits when the connection ends was taken, as it says."""

    class channel(SingleChannel):  # noqa: N801
        def lose(self, problem: TransportError) -> None:
            for number in list(self.waiting):
                self.answered(number, 0)
            super().lose(problem)

        async def ask(self, kind: bytes, payload: bytes, *fields: object) -> int | None:
            if self.problem is not None:
                raise self.reason()
            try:
                return await super().ask(kind, payload, *fields)
            except TransportError:
                return 0


class TakesAfterTheEnd(SingleTransport):
    class channel(SingleChannel):  # noqa: N801
        async def check(self, payload: bytes = b"") -> None:
            if self.problem is None:
                await super().check(payload)


class BreaksWhenCancelled(SingleTransport):
    """After a call that was cancelled no answer comes, and the channel says nothing."""

    class channel(SingleChannel):  # noqa: N801
        deaf = False

        async def ask(self, kind: bytes, payload: bytes, *fields: object) -> int | None:
            try:
                return await super().ask(kind, payload, *fields)
            except anyio.get_cancelled_exc_class():
                self.deaf = True
                raise

        def answered(self, number: int, status: int | None) -> None:
            if not self.deaf:
                super().answered(number, status)


class KeepsTheDismissed(SingleTransport):
    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        return super().arrive(evidence, inbox, lambda _: None)


class KeepsItsCallers(SingleTransport):
    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        guest = super().arrive(evidence, inbox, dismiss)
        guest.leave = lambda: None  # type: ignore[method-assign]
        return guest


class JudgesForItself(SingleTransport):
    @asynccontextmanager
    async def call(self, peer: str, judge: Judge) -> AsyncIterator[Any]:
        async with super().call(peer, judge) as channel:
            channel.identity = object.__new__(Identity)
            yield channel


class WrapsRefusals(SingleTransport):
    def call(self, peer: str, judge: Judge) -> Any:
        def wrapped(evidence: Evidence) -> Identity:
            try:
                return judge(evidence)
            except IdentityError as error:
                raise Rejected(peer, str(error)) from error

        return super().call(peer, wrapped)


class KeepsTheRefused(SingleTransport):
    """Who is refused at the door waits there for ever."""

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        try:
            return super().arrive(evidence, inbox, dismiss)
        except IdentityError:
            return _Deaf()


class _Deaf:
    identity: Any = None

    async def take(self, tag: Tag, payload: bytes) -> Status:
        await anyio.sleep_forever()
        raise AssertionError

    def leave(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class BelievesEverybody(SingleTransport):
    """It takes what a caller shows for that of whom it claims to be."""

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        shown = Shown(evidence.claimed, evidence.source, f"{evidence.claimed}'s own")
        return super().arrive(shown, inbox, dismiss)


class LeavesATask(SingleTransport):
    """A task stays when the transport is closed."""

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        leak()
        await super().serve(inbox, task_status=task_status)


MESSAGE = "test_a_message_arrives_whole_and_unchanged"
ANSWER = "test_each_answer_is_the_one_of_the_guest"
BESIDE = "test_calls_run_side_by_side"
REJECTED = "test_what_the_guest_rejects_is_rejected_alone"
CUT = "test_a_call_that_waits_ends_when_the_connection_is_cut"
STOPS = "test_a_call_that_waits_ends_when_the_other_end_stops"
CANCELLED = "test_a_cancelled_call_leaves_the_channel_usable_or_broken"
REFUSED = "test_a_caller_that_is_refused_gets_nowhere"
DISMISSED = "test_who_is_dismissed_is_told"
IMPOSTOR = "test_an_impostor_gets_nowhere"

TABLE = [
    Broken(KnowsNobody, Answering, "test_the_config_says_who_is_on_it"),
    Broken(CutsLargeOnes, Answering, MESSAGE),
    Broken(TakesTwice, Answering, MESSAGE),
    Broken(SaysActive, Answering, ANSWER, [BESIDE]),
    Broken(OneAtATime, Answering, BESIDE),
    Broken(MixesUp, Answering, BESIDE),
    Broken(SaysUnreachable, Answering, REJECTED, [ANSWER]),
    Broken(HangsUp, Answering, REJECTED),
    Broken(ChecksNobody, Answering, "test_a_check_asks_the_guest_and_brings_no_message"),
    Broken(SaysRejected, Ending, "test_nobody_there_is_unreachable"),
    Broken(MakesUpAnswers, Ending, CUT, [STOPS, DISMISSED]),
    Broken(TakesAfterTheEnd, Ending, CUT, [STOPS]),
    Broken(BreaksWhenCancelled, Ending, CANCELLED),
    Broken(KeepsTheDismissed, Ending, DISMISSED),
    Broken(KeepsItsCallers, Ending, "test_serving_leaves_no_guest"),
    Broken(JudgesForItself, Admitting, "test_the_peer_is_judged_before_it_is_called"),
    Broken(WrapsRefusals, Admitting, "test_what_the_judge_raises_passes_through"),
    Broken(KeepsTheRefused, Admitting, REFUSED, [IMPOSTOR]),
    Broken(BelievesEverybody, Admitting, IMPOSTOR),
    Broken(LeavesATask, Ending, "test_a_closed_transport_leaves_no_task"),
]
