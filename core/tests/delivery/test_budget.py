"""What one peer may make a node hold: counted exactly, and never shared with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    incarnation,
    segment,
    whole,
)
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST, Batch, Grant, Record, Status

if TYPE_CHECKING:
    from partywire.delivery.sessions import LocalSession

BUDGET = 10_000
SIZE = BUDGET - MESSAGE_COST
LIMITS = Limits(peer_bytes=BUDGET, largest_message=SIZE)

numbers = st.integers(1, 4)
names = st.sampled_from([BOB, CAROL])
sizes = st.integers(0, BUDGET // 2)
steps = st.one_of(
    st.tuples(st.just("send"), names, numbers, sizes),
    st.tuples(st.just("chunk"), names, numbers, sizes),
    st.tuples(st.just("read"), names, numbers, sizes),
    st.tuples(st.just("open"), names, numbers, sizes),
    st.tuples(st.just("leave"), names, numbers, sizes),
    st.tuples(st.just("restart"), names, numbers, sizes),
)


def deliver(alice: Party, sender: str, session: int, number: int, record: Record) -> Status:
    life = alice.table.peers[sender].incarnation
    batch = Batch(life, alice.incarnation, [], [segment(number, record, session=session)])
    return alice.table.accept(sender, batch).flows[0].status


def granted(alice: Party, peer: str) -> list[int]:
    alice.agenda.run()
    return [
        control.session
        for flight in alice.flights(peer)
        for control in flight.batch.controls
        if isinstance(control, Grant)
    ]


def test_one_that_spends_its_budget_takes_nothing_from_another() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    alice.open()
    assert deliver(alice, BOB, 1, 0, whole(0, bytes(SIZE))) is Status.ACTIVE
    assert deliver(alice, BOB, 1, 1, whole(1, b"")) is Status.FULL
    assert deliver(alice, CAROL, 1, 0, whole(0, bytes(SIZE))) is Status.ACTIVE


def test_early_messages_and_what_large_ones_announce_spend_the_same_budget() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    alice.open(1)
    alice.open(2)
    first = Record(0, 0, SIZE - 1_000, b"the first chunk")
    assert deliver(alice, BOB, 1, 0, first) is Status.ACTIVE
    assert deliver(alice, BOB, 9, 0, whole(0, bytes(1_000))) is Status.QUOTA
    assert deliver(alice, BOB, 9, 0, whole(0, bytes(1_000 - MESSAGE_COST))) is Status.INACTIVE
    assert deliver(alice, BOB, 2, 0, whole(0, b"")) is Status.FULL
    assert alice.table.peers[BOB].budget.held == BUDGET


def test_early_messages_are_counted_once_when_their_session_is_opened() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    deliver(alice, BOB, 1, 0, whole(0, bytes(SIZE)))
    pair = alice.open().pairs[BOB]
    budget = alice.table.peers[BOB].budget
    assert budget.held == BUDGET
    assert (len(pair.take(0)), budget.held) == (SIZE, 0)


def test_of_two_that_are_refused_the_older_session_is_fed_first() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    opened = {number: alice.open(number) for number in (3, 1, 2)}
    deliver(alice, BOB, 3, 0, whole(0, bytes(SIZE)))
    for number in (2, 1):
        assert deliver(alice, BOB, number, 0, whole(0, bytes(SIZE))) is Status.FULL
    alice.flights(BOB)
    opened[3].pairs[BOB].take(0)
    assert granted(alice, BOB) == [1]


def test_a_round_that_is_being_read_is_fed_before_an_older_session() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    opened = {number: alice.open(number) for number in (1, 2, 3)}
    deliver(alice, BOB, 1, 0, whole(0, bytes(SIZE)))
    for number, slot in ((2, 1), (3, 0)):
        assert deliver(alice, BOB, number, 0, whole(slot, bytes(SIZE))) is Status.FULL
    alice.flights(BOB)
    opened[1].pairs[BOB].take(0)
    assert granted(alice, BOB) == [3]


def test_what_one_peer_frees_feeds_no_other() -> None:
    alice = Party(ALICE, Clock(), LIMITS)
    local = alice.open()
    for peer in (BOB, CAROL):
        deliver(alice, peer, 1, 0, whole(0, bytes(SIZE)))
        assert deliver(alice, peer, 1, 1, whole(1, b"")) is Status.FULL
        alice.flights(peer)
    local.pairs[BOB].take(0)
    assert (granted(alice, BOB), granted(alice, CAROL)) == ([1], [])


class Books:
    """Alice with some sessions, what two peers do to her, and what she should count for it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.alice = Party(ALICE, self.clock, LIMITS)
        self.opened: dict[int, LocalSession] = {}
        self.lives = 0

    def do(self, what: str, peer: str, number: int, size: int) -> None:
        local = self.opened.get(number)
        intake = local.pairs[peer].intake if local is not None else None
        if what in ("send", "chunk"):
            at = intake.number if intake is not None else 0
            whole_size = size + 1 if what == "chunk" else size
            data = bytes(max(size, 1)) if what == "chunk" else bytes(size)
            deliver(self.alice, peer, number, at, Record(at, 0, whole_size, data))
        elif what == "open" and local is None:
            self.opened[number] = self.alice.open(number)
        elif what == "leave" and local is not None and not local.left:
            local.leave()
        elif what == "read" and intake is not None and local is not None:
            for slot in intake.mailbox.slots()[:1]:
                local.pairs[peer].take(slot)
        elif what == "restart":
            self.lives += 1
            self.clock.now += 10.0
            self.alice.greet(peer, incarnation(peer, self.lives))

    def check(self) -> None:
        for name, peer in self.alice.table.peers.items():
            mailboxes = sum(local.pairs[name].intake.mailbox.cost for local in self.opened.values())
            assert peer.budget.held == mailboxes + peer.early.cost <= BUDGET


@given(st.lists(steps, max_size=60))
def test_what_is_counted_is_what_is_held_and_never_beyond_the_budget(
    plan: list[tuple[str, str, int, int]],
) -> None:
    books = Books()
    for step in plan:
        books.do(*step)
        books.check()
    for local in books.alice.table.sessions():
        local.expire() if local.left else local.abort("the end")
    for peer in books.alice.table.peers.values():
        peer.early.clear()
        assert peer.budget.held == 0
