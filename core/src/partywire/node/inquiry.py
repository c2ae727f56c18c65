"""What a connection to a peer and one hello bring to light, without becoming its caller."""

from collections.abc import Callable, Iterator
from typing import Final

import anyio
import attrs

from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.errors import IdentityError, Rejected, TransportError, Unreachable
from partywire.identity import ClaimedIdentity, Evidence, Identity
from partywire.interfaces import Channel, Transport
from partywire.node import bandwidth
from partywire.node.checkup import checked
from partywire.node.counterpart import NO_HELLO, Counterpart
from partywire.node.introduction import Introduction
from partywire.probing import Finding, Status, Subject, ending, in_words, moment

CLOCKS_DIFFER: Final = 60.0
"""Seconds from which a difference of two clocks is a warning."""
PATIENCE: Final = 10.0
"""Seconds that a connection and its hello may take together."""

TAKE_TLS: Final = "take a transport with TLS before any real secret is sent"

_CHECK: Final = "hello"
_ANOTHER: Final = (
    "{}; the attester has made a certificate for this inquiry alone, and the peer may know that of "
    "our node only"
)

Proves = Callable[[Evidence, bytes], Identity]
"""Judges evidence whose proof has to cover a binding. Raises `IdentityError`."""


class _Timed:
    """A channel whose steps of the hello are timed."""

    def __init__(self, channel: Channel, introduction: Introduction) -> None:
        self._channel = channel
        self._introduction = introduction
        self.trips: list[float] = []
        self.ahead = 0.0
        """Seconds that the peer's clock is ahead of ours, to half a round trip."""

    async def greet(self, step: Hello, /) -> HelloAnswer:
        began = self._introduction.now()
        answer = await self._channel.greet(step)
        self.trips.append(self._introduction.now() - began)
        if isinstance(answer, Hello):
            self.ahead = answer.clock - (step.clock + self.trips[-1] / 2)
        return answer


class _Bench:
    """Judges the other end of one connection, by what it shows and by what it proves."""

    def __init__(self, subject: Subject, proves: Proves | None) -> None:
        self._subject = subject
        self._proves = proves
        self._shown = Evidence(subject.peer, "")
        self.identity: Identity | None = None
        """The newest."""

    def judge(self, evidence: Evidence) -> Identity:
        self._shown = evidence
        self.identity = self._subject.judge(evidence)
        return self.identity

    def counterpart(self) -> Counterpart:
        return Counterpart(self._subject.peer, self._shown, self._proves and self._take_proof)

    def _take_proof(self, binding: bytes, proof: bytes) -> None:
        if self._proves is not None:
            self.identity = self._proves(attrs.evolve(self._shown, proof=proof), binding)


async def inquire(
    subject: Subject,
    wire: str,
    transport: Transport,
    introduction: Introduction,
    noted: list[Finding],
    proves: Proves | None = None,
) -> Welcome | None:
    """Connect to a peer, go through the hello as a probe, and hang up; note what that shows.

    A peer that has no hello is asked for health. That it fails is a finding. What is not one of our
    errors passes through. Who is there is not noted a second time. ``proves`` judges the proof of a
    peer that has to give one. Returns how the hello ended, where there was one.
    """
    alone = transport.unary(subject.peer)
    if alone and proves is not None:
        noted.append(_unprovable(subject))
        return None
    try:
        with anyio.fail_after(PATIENCE) as scope:
            if alone:
                welcome = None
                identity, shown = await checked(subject, transport, introduction.now)
            else:
                identity, shown, welcome = await _greeted(
                    subject, wire, transport, introduction, proves, scope
                )
    except IdentityError as error:
        noted.append(_refused(subject, error))
    except TransportError as error:
        noted.append(_failed(subject, error))
    except TimeoutError:
        noted.append(_silent(subject))
    else:
        said = {each.check for each in noted}
        about = (each for each in _of_identity(subject, identity) if each.check not in said)
        noted += [*about, *shown]
        return welcome
    return None


async def _greeted(
    subject: Subject,
    wire: str,
    transport: Transport,
    introduction: Introduction,
    proves: Proves | None,
    scope: anyio.CancelScope,
) -> tuple[Identity, list[Finding], Welcome]:
    bench = _Bench(subject, proves)
    async with transport.connect(subject.peer, bench.judge) as channel:
        timed = _Timed(channel, introduction)
        there, welcome = await introduction.greet(bench.counterpart(), timed)
        scope.deadline += bandwidth.PATIENCE
        speed = await bandwidth.measured(channel, introduction, there.hello.incarnation)
    shown = [
        _of_wire(wire, there.hello),
        _of_hello(there.hello),
        _of_roster(subject, welcome),
        _of_clock(subject, timed),
        _of_trips(timed),
        speed,
    ]
    return bench.identity or channel.identity, shown, welcome


def _unprovable(subject: Subject) -> Finding:
    said = f"{subject.peer} {NO_HELLO}"
    remedy = f"put {subject.peer} on the fast wire, or ask it for no proof"
    return Finding("wire", Status.WRONG, said, subject.setting.party, remedy)


def _refused(subject: Subject, error: IdentityError) -> Finding:
    remedy = error.remedy or "show what this config asks of it, or say what it shows now and why"
    return Finding("identity", Status.WRONG, error.problem, subject.peer, remedy)


def _failed(subject: Subject, error: TransportError) -> Finding:
    if subject.setting.attested and isinstance(error, Unreachable):
        return Finding(_CHECK, Status.UNKNOWN, _ANOTHER.format(error.problem))
    if isinstance(error, Rejected):
        remedy = (
            "look into the log of its node, which says why; where the versions of partywire "
            "differ, both have to install the same"
        )
        if subject.setting.attested:
            remedy += "; it may not trust what our [attester] shows: send it that"
    else:
        remedy = "see to it that its node runs, and can be reached at the address in this config"
    return Finding(_CHECK, Status.WRONG, error.problem, subject.peer, remedy)


def _silent(subject: Subject) -> Finding:
    said = f"no hello within {PATIENCE:.0f} s"
    remedy = "see to it that its node runs and answers"
    return Finding(_CHECK, Status.WRONG, said, subject.peer, remedy)


def _of_identity(subject: Subject, identity: Identity) -> Iterator[Finding]:
    peer = subject.peer
    if isinstance(identity, ClaimedIdentity):
        said = "INSECURE: it claims to be this party, and nothing proves it"
        yield Finding("identity", Status.WARNING, said, subject.setting.party, TAKE_TLS)
    else:
        yield Finding("identity", Status.OK, f"it is {peer}", facts=identity.claims)
    if identity.valid_until is not None:
        yield ending(peer, identity.valid_until, subject.wall(), identity.valid_from)


def _of_wire(wire: str, there: Hello) -> Finding:
    said = f"the {wire} wire, in version {there.version} of the protocol"
    return Finding("wire", Status.OK, said, facts={"wire": wire, "version": there.version})


def _of_hello(there: Hello) -> Finding:
    said = f"its node runs since {moment(there.started)}"
    facts = {"version": there.version, "started": there.started}
    return Finding(_CHECK, Status.OK, said, facts=facts)


def _of_roster(subject: Subject, welcome: Welcome) -> Finding:
    if welcome.roster_agrees:
        return Finding("roster", Status.OK, "both configs name the same parties")
    said = "the two configs name different parties; sessions of all parties will not come about"
    remedy = f"compare the ids of its [[peer]] tables with those of {subject.peer}"
    return Finding("roster", Status.WARNING, said, subject.setting.party, remedy)


def _of_clock(subject: Subject, timed: _Timed) -> Finding:
    ahead, facts = timed.ahead, {"seconds_ahead": timed.ahead}
    size = f"{abs(ahead):.3f} s" if abs(ahead) < CLOCKS_DIFFER else in_words(abs(ahead))
    said = f"its clock is {size} {'ahead of' if ahead > 0 else 'behind'} ours"
    if abs(ahead) < CLOCKS_DIFFER + timed.trips[0] / 2:
        return Finding("clock", Status.OK, said, facts=facts)
    remedy = "compare its clock with a time server; if it is right, ours is wrong"
    return Finding("clock", Status.WARNING, said, subject.peer, remedy, facts)


def _of_trips(timed: _Timed) -> Finding:
    least = min(timed.trips)
    said = f"{least * 1000:.1f} ms, the shorter of the hello's two"
    return Finding("round_trip", Status.OK, said, facts={"seconds": least})
