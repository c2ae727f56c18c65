"""A diagnosis asks probes and hellos, side by side, and survives whatever they do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from partywire import Diagnosis, Surroundings, diagnose
from partywire.delivery.filler import thrown_away
from partywire.delivery.hello import (
    NONCE,
    PROBE,
    Hello,
    HelloAnswer,
    Way,
    WayBack,
    Welcome,
    roster_fingerprint,
)
from partywire.delivery.records import Batch
from partywire.errors import ConfigInvalid, IdentityMismatch, Rejected, Unreachable
from partywire.hookspecs import (
    AttesterDescriptor,
    ProbeDescriptor,
    TransportDescriptor,
    hookimpl,
)
from partywire.identity import WHO, Credentials, Evidence, Identity, Verdict
from partywire.interfaces import Answered, Channel, IdentityVerifier, Transport
from partywire.node import bandwidth, inquiry
from partywire.node import diagnosis as module
from partywire.node.answering import Answering
from partywire.node.introduction import Introduction
from partywire.node.proving import Counterpart
from partywire.probing import Finding, Found, Status, Subject
from partywire.setting import Attester

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from partywire.errors import TransportError
    from partywire.hookspecs import Setting
    from partywire.interfaces import Judge

NOW = 1_000_000.0
Probe = Any


class Trusting(IdentityVerifier):
    """Takes the word of everybody, for as long as the test says."""

    def __init__(self, valid_until: float | None) -> None:
        self.valid_until = valid_until

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if evidence.claimed != expected:
            raise IdentityMismatch(expected, "it is somebody else")
        return Verdict(expected, self.valid_until)


class Line(Channel):
    """A connection to the real answering of a peer, whose clock may be another."""

    def __init__(self, village: Village, peer: str, judge: Judge) -> None:
        self.identity = judge(Evidence(village.claims.get(peer, peer), "a test"))
        self.village = village
        surroundings = Surroundings(wall=lambda: NOW + village.ahead)
        them = Introduction(peer, b"b" * NONCE, NOW, lambda: village.rosters[peer], surroundings)
        self.answering = Answering(Counterpart("alice", Evidence("alice", "a test")), them)

    async def greet(self, hello: Hello) -> HelloAnswer:
        self.village.hellos.append(hello)
        answer = await self.answering.answer(hello)
        if isinstance(answer, Welcome):
            return attrs.evolve(answer, way_back=self.village.way_back)
        return answer

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        await self.village.takes(batch, answered)

    async def broken(self) -> TransportError:
        await self.village.breaks.wait()
        return Unreachable("bob", "is gone")


class Hut(Transport):
    def __init__(self, village: Village) -> None:
        self.village = village

    async def serve(self, inbox: object, *, task_status: object) -> None:
        raise AssertionError("a doctor does not listen")

    def connect(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Channel]:
        return self._connect(peer, judge)

    @asynccontextmanager
    async def _connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        await self.village.at(peer)
        self.village.open += 1
        try:
            yield Line(self.village, peer, judge)
        finally:
            self.village.open -= 1


class Silent(Attester):
    """Is asked for nothing, as this transport shows none."""

    async def credentials(self) -> Credentials:
        raise AssertionError("nobody shows any")

    async def changed(self) -> None:
        raise AssertionError("nobody waits for any")

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        raise AssertionError("nobody is challenged")


async def nothing(_: str) -> None:
    """Be in nobody's way."""


async def throws_away(batch: Batch, answered: Answered) -> None:
    """Do what a node does with the batch of a probe."""
    receipt = thrown_away(batch)
    assert receipt
    answered(receipt)


@attrs.define
class Village:
    """Bob and carol, and what happens on the way to them."""

    rosters: dict[str, bytes] = attrs.Factory(dict)
    claims: dict[str, str] = attrs.Factory(dict)
    ahead: float = 0.0
    valid_until: float | None = None
    at: Callable[[str], Any] = nothing
    probe: Probe = None
    tells: Any = None
    attester: Attester | None = None
    hellos: list[Hello] = attrs.Factory(list)
    way_back: WayBack | None = attrs.Factory(lambda: WayBack(Way.CONNECTED, 125.0))
    takes: Callable[[Batch, Answered], Any] = throws_away
    breaks: anyio.Event = attrs.Factory(anyio.Event)
    open: int = 0

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor(
                "hut",
                self._opened,
                verifier=lambda _: Trusting(self.valid_until),
                proves=frozenset({WHO}),
            )
        ]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        @asynccontextmanager
        async def opened(_: Setting) -> AsyncIterator[Attester]:
            assert self.attester is not None
            yield self.attester

        return [AttesterDescriptor("hut", opened)]

    @hookimpl
    def register_probes(self) -> Sequence[ProbeDescriptor]:
        others = [ProbeDescriptor("post", fails)]
        return [*others, ProbeDescriptor("hut", self.probe, self.tells)] if self.probe else others

    @asynccontextmanager
    async def _opened(self, _: Setting) -> AsyncIterator[Transport]:
        yield Hut(self)

    async def diagnosed(self, **changes: Any) -> Diagnosis:
        config = {
            "party": {"id": "alice"},
            "transport": {"plugin": "hut"},
            "peer": [{"id": "bob"}, {"id": "carol"}],
        }
        agreed = roster_fingerprint((party, "") for party in ("alice", "bob", "carol"))
        self.rosters = {"bob": agreed, "carol": agreed} | self.rosters
        with anyio.fail_after(30):
            return await diagnose(
                {**config, **changes}, plugins=[self], surroundings=Surroundings(wall=lambda: NOW)
            )


async def fails(_: Subject, __: Found) -> None:
    raise AssertionError("the config does not name it")


def one(found: Sequence[Finding], check: str) -> Finding:
    """The only finding of that check."""
    (finding,) = [each for each in found if each.check == check]
    return finding


async def test_a_healthy_peer_is_asked_as_a_probe() -> None:
    village = Village()
    diagnosis = await village.diagnosed()
    assert diagnosis.well
    assert list(diagnosis.peers) == ["bob", "carol"]
    for found in diagnosis.peers.values():
        assert [each.check for each in found] == [
            "identity",
            "wire",
            "hello",
            "roster",
            "clock",
            "round_trip",
            "bandwidth",
            "way_back",
        ]
        assert {each.status for each in found} == {Status.OK}
        assert one(found, "wire").facts == {"wire": "hut", "version": 1}
        assert one(found, "bandwidth").facts["bytes"] == 1 << 20
        assert one(found, "way_back").said == "it reaches our node, for 2 minutes"
        assert one(found, "hello").facts == {"version": 1, "started": NOW}
    assert len(village.hellos) == 4
    assert {hello.kind for hello in village.hellos} == {PROBE}
    assert village.open == 0


async def test_peers_are_asked_side_by_side() -> None:
    met = anyio.Event()
    waiting: list[str] = []

    async def both(peer: str) -> None:
        waiting.append(peer)
        if len(waiting) == 2:
            met.set()
        await met.wait()

    assert (await Village(at=both).diagnosed()).well


async def test_another_roster_is_a_warning() -> None:
    found = (await Village(rosters={"bob": b"other"}).diagnosed()).peers
    assert one(found["bob"], "roster").status is Status.WARNING
    assert one(found["bob"], "roster").who == "alice"
    assert one(found["carol"], "roster").status is Status.OK


@pytest.mark.parametrize(
    ("ahead", "words"), [(7300.0, "2 hours ahead of"), (-7300.0, "2 hours behind")]
)
async def test_a_clock_that_is_off_is_a_warning(ahead: float, words: str) -> None:
    finding = one((await Village(ahead=ahead).diagnosed()).peers["bob"], "clock")
    assert (finding.status, finding.who) == (Status.WARNING, "bob")
    assert words in finding.said
    assert finding.facts["seconds_ahead"] == pytest.approx(ahead, abs=30)


async def test_an_identity_that_ends_soon_is_a_warning() -> None:
    village = Village(valid_until=NOW + 3 * 86400.0)
    finding = one((await village.diagnosed()).peers["bob"], "expiry")
    assert (finding.status, finding.who) == (Status.WARNING, "bob")
    assert finding.said.startswith("ends in 3 days")


async def test_somebody_else_there_is_wrong_and_named() -> None:
    diagnosis = await Village(claims={"bob": "carol"}).diagnosed()
    assert not diagnosis.well
    assert one(diagnosis.peers["bob"], "identity").said == "it is somebody else"
    assert one(diagnosis.peers["carol"], "identity").status is Status.OK


@pytest.mark.parametrize(
    ("error", "remedy"),
    [(Unreachable("bob", "is out"), "node runs"), (Rejected("bob", "is cross"), "log of its node")],
)
async def test_a_failed_connection_says_what_the_peer_has_to_do(
    error: TransportError, remedy: str
) -> None:
    async def fail(peer: str) -> None:
        if peer == "bob":
            raise error.again()

    finding = one((await Village(at=fail).diagnosed()).peers["bob"], "hello")
    assert (finding.status, finding.said, finding.who) == (Status.WRONG, error.problem, "bob")
    assert remedy in finding.remedy


async def test_a_peer_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE", 0.01)

    async def never(peer: str) -> None:
        await anyio.sleep_forever()

    diagnosis = await Village(at=never).diagnosed()
    assert one(diagnosis.peers["bob"], "hello").status is Status.WRONG


async def test_a_transport_with_a_bug_does_not_end_the_others() -> None:
    async def fail(peer: str) -> None:
        if peer == "bob":
            raise ZeroDivisionError

    found = (await Village(at=fail).diagnosed()).peers
    assert one(found["bob"], "hello").said == "the transport failed with ZeroDivisionError"
    assert one(found["carol"], "hello").status is Status.OK


async def test_the_probe_of_the_transport_is_asked_of_everybody_before_the_hello() -> None:
    seen: dict[str, Subject] = {}

    async def probe(subject: Subject, found: Found) -> None:
        seen[subject.peer] = subject
        status = Status.WRONG if subject.peer == "bob" else Status.OK
        found(Finding("door", status, "looked at", subject.peer, "mend it"))

    village = Village(probe=probe)
    diagnosis = await village.diagnosed()
    assert set(seen) == {"alice", "bob", "carol"}
    assert [party for party, subject in seen.items() if subject.is_own] == ["alice"]
    assert [each.check for each in diagnosis.own] == ["door"]
    assert diagnosis.peers["bob"][-1].status is Status.UNKNOWN
    assert "not asked" in diagnosis.peers["bob"][-1].said
    assert diagnosis.peers["carol"][0].check == "door"
    assert one(diagnosis.peers["carol"], "hello").status is Status.OK
    assert len(village.hellos) == 2


async def test_a_plugin_tells_what_the_identity_of_a_peer_comes_to() -> None:
    """After the hello; and of those alone who were judged."""

    async def probe(_: Subject, __: Found) -> None:
        await anyio.lowlevel.checkpoint()

    def tells(subject: Subject, identity: Identity) -> Finding:
        assert subject.peer == identity.party
        return Finding("door", Status.OK, f"opened by {identity.valid_until}")

    village = Village(probe=probe, tells=tells, valid_until=2 * NOW, claims={"carol": "bob"})
    diagnosis = await village.diagnosed()
    assert [each.check for each in diagnosis.peers["bob"][-2:]] == ["door", "way_back"]
    assert one(diagnosis.peers["bob"], "door").said == "opened by 2000000.0"
    assert [each.check for each in diagnosis.peers["carol"]] == ["identity"]
    assert diagnosis.own == ()


async def test_a_plugin_that_fails_to_tell_keeps_nothing_else_back() -> None:
    async def probe(_: Subject, __: Found) -> None:
        await anyio.lowlevel.checkpoint()

    def tells(_: Subject, __: Identity) -> Finding:
        raise ZeroDivisionError

    found = (await Village(probe=probe, tells=tells).diagnosed()).peers["bob"]
    assert one(found, "probe").said == "the probe hut failed with ZeroDivisionError"
    assert one(found, "way_back").status is Status.OK


async def test_a_refusal_may_say_itself_what_has_to_be_done() -> None:
    async def refuse(peer: str) -> None:
        raise IdentityMismatch(peer, "it is somebody else", remedy="go home")

    found = (await Village(at=refuse).diagnosed()).peers["bob"]
    assert (one(found, "identity").who, one(found, "identity").remedy) == ("bob", "go home")


async def test_probes_are_given_the_attester() -> None:
    attester = Silent()
    seen: list[object] = []

    async def probe(subject: Subject, _: Found) -> None:
        seen.append(subject.setting.attester)

    await Village(probe=probe, attester=attester).diagnosed(attester={"plugin": "hut"})
    assert seen == [attester] * 3


async def test_what_a_probe_found_stays_where_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    async def probe(subject: Subject, found: Found) -> None:
        found(Finding("door", Status.OK, "open"))
        if subject.peer == "bob":
            await anyio.sleep_forever()
        raise ZeroDivisionError

    found = (await Village(probe=probe).diagnosed()).peers
    assert [each.check for each in found["bob"][:2]] == ["door", "probe"]
    assert found["bob"][1].said == "the probe hut did not end within 0 s"
    assert found["carol"][1].said == "the probe hut failed with ZeroDivisionError"


@pytest.mark.parametrize(
    ("told", "status", "who", "words"),
    [
        (None, Status.UNKNOWN, "", "does not say"),
        (WayBack(Way.UNTRIED, 9.0), Status.UNKNOWN, "", "had no reason to connect"),
        (WayBack(Way.UNREACHABLE, 61.0), Status.WRONG, "bob", "not reached our node for 1 minute"),
        (WayBack(Way.REFUSED, 7300.0), Status.WRONG, "bob", "refuses who answers"),
        (WayBack(Way.TURNED_AWAY, 1.0), Status.WRONG, "alice", "for less than a minute"),
    ],
    ids=str,
)
async def test_the_way_back_is_what_the_peer_has_told(
    told: WayBack | None, status: Status, who: str, words: str
) -> None:
    diagnosis = await Village(way_back=told).diagnosed()
    finding = one(diagnosis.peers["bob"], "way_back")
    assert (finding.status, finding.who) == (status, who)
    assert words in finding.said
    assert diagnosis.well == (status is Status.UNKNOWN)
    if told:
        assert finding.facts == {"way": told.way.name.lower(), "seconds": told.seconds}


async def test_nobody_is_blamed_for_not_reaching_a_node_that_does_not_run() -> None:
    async def probe(subject: Subject, found: Found) -> None:
        if subject.is_own:
            found(Finding("listening", Status.WARNING, "nobody listens", "alice", "start it"))

    village = Village(probe=probe, way_back=WayBack(Way.UNREACHABLE, 61.0))
    finding = one((await village.diagnosed()).peers["bob"], "way_back")
    assert finding.status is Status.UNKNOWN
    assert "our node does not run as it should" in finding.said


async def test_filler_that_is_not_answered_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bandwidth, "PATIENCE", 0.01)

    async def never(_: Batch, __: Answered) -> None:
        await anyio.sleep_forever()

    diagnosis = await Village(takes=never).diagnosed()
    finding = one(diagnosis.peers["bob"], "bandwidth")
    assert finding.status is Status.UNKNOWN
    assert "not answered within" in finding.said
    assert one(diagnosis.peers["bob"], "round_trip").status is Status.OK


@pytest.mark.parametrize(
    ("error", "words"),
    [(Rejected("bob", "no"), "an older one"), (Unreachable("bob", "is out"), "broke: is out")],
)
async def test_filler_that_is_refused_is_told(error: TransportError, words: str) -> None:
    async def refuse(_: Batch, __: Answered) -> None:
        raise error.again()

    diagnosis = await Village(takes=refuse).diagnosed()
    assert words in one(diagnosis.peers["bob"], "bandwidth").said
    assert diagnosis.well


async def test_a_connection_that_breaks_beneath_the_filler_is_told() -> None:
    village = Village()

    async def breaks(_: Batch, __: Answered) -> None:
        village.breaks.set()

    village.takes = breaks
    finding = one((await village.diagnosed()).peers["bob"], "bandwidth")
    assert "the connection broke: is gone" in finding.said


async def test_a_config_with_mistakes_is_no_diagnosis() -> None:
    with pytest.raises(ConfigInvalid):
        await Village().diagnosed(peer=[])


async def test_a_cancelled_diagnosis_leaves_nothing_open() -> None:
    entered = anyio.Event()

    async def stay(_: Subject, __: Found) -> None:
        entered.set()
        await anyio.sleep_forever()

    village = Village(probe=stay)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(village.diagnosed)
            await entered.wait()
            group.cancel_scope.cancel()
    assert village.open == 0
