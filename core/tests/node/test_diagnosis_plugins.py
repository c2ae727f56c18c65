"""What plugins add to a diagnosis: their probes, and what they tell of an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from core.tests.node.village import NOW, Silent, Village, one
from partywire.errors import IdentityMismatch
from partywire.node import diagnosis as module
from partywire.probing import Finding, Found, Status, Subject

if TYPE_CHECKING:
    import pytest

    from partywire.identity import Identity


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
