"""A node of bob that proves something else than it was asked for, at both ends of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import attrs
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from partywire.delivery.challenge import Exchange, Role, Slot, decode_slot
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire.setting import Attester
from partywire_nitro_attest.carriers import carried_by
from partywire_nitro_attest.development import DevelopmentModule, measured
from tests.hostile.attested.estate import IMAGE, Estate
from tests.hostile.attested.impostors import UNTRUSTED

if TYPE_CHECKING:
    import pytest
    from cryptography import x509

    from partywire.delivery.hello import Hello


BOB: Final = "bob"
OTHER: Final = {Role.DIALLER: Role.SERVER, Role.SERVER: Role.DIALLER}


@attrs.frozen
class Asked:
    """A proof that bob is asked for.

    Attributes:
        memory: what he has of earlier ones.
        attester: of his enclave, which makes what he wants.
        there: who asks.
            exchange: what the proof has to cover.
        role: his own.
    """

    memory: Memory
    attester: Attester
    there: Counterpart
    exchange: Exchange
    role: Role

    async def proof(self, exchange: Exchange | None = None, role: Role | None = None) -> bytes:
        """A proof by his own enclave, of this exchange unless another is given."""
        return await self.of((exchange or self.exchange).binding(role or self.role))

    async def of(self, binding: bytes) -> bytes:
        """A proof by his own enclave that covers that."""
        return await self.attester.attest(binding, shown=self.there.evidence.own)

    async def certificate(self) -> x509.Certificate:
        """What he shows."""
        return load_pem_x509_certificate((await self.attester.credentials()).certificates)

    async def by_another_enclave(self, image: str) -> bytes:
        """A proof of this exchange and of his key, by another enclave of his."""
        key = (await self.certificate()).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        module = DevelopmentModule(self.memory.estate.root, pcrs=measured(image))
        return module.attest(public_key=spki, nonce=self.exchange.binding(self.role))


@attrs.frozen
class Memory:
    """What bob has of earlier connections.

    Attributes:
        estate: the files of all parties.
        own: by who asked, and in which role he was: what he could have proved.
        others: by party, a proof that it gave to him.
    """

    estate: Estate
    own: dict[tuple[str, Role], bytes] = attrs.field(factory=dict)
    others: dict[str, bytes] = attrs.field(factory=dict)


Lie = Callable[[Asked], Awaitable[bytes]]
"""What bob gives for a proof."""


async def truth(asked: Asked) -> bytes:
    return await asked.proof()


async def nothing(_: Asked) -> bytes:
    return b""


async def noise(_: Asked) -> bytes:
    return b"no document"


async def of_the_certificate(asked: Asked) -> bytes:
    return carried_by(await asked.certificate()).document


async def replayed(asked: Asked) -> bytes:
    """The proof of an earlier connection of the same two, in the same role, that he kept back."""
    place = asked.there.party, asked.role
    if place not in asked.memory.own:
        asked.memory.own[place] = await asked.proof()
        return b""
    return asked.memory.own[place]


async def reflected(asked: Asked) -> bytes:
    """The proof of who asks: of this connection where it called, or else of another."""
    return asked.memory.others.get(asked.there.party, b"")


async def foreign(asked: Asked) -> bytes:
    """The proof of another party that is in order, which it gave to bob."""
    others = [proof for party, proof in asked.memory.others.items() if party != asked.there.party]
    return others[0] if others else b""


async def for_another_verifier(asked: Asked) -> bytes:
    """What would prove him to another party."""
    return await asked.proof(_changed(asked, party="carol"))


async def for_another_certificate(asked: Asked) -> bytes:
    """What would prove him to the same party, if it had shown another certificate."""
    return await asked.proof(_changed(asked, certificate=bytes(32)))


async def for_the_other_role(asked: Asked) -> bytes:
    return await asked.proof(role=OTHER[asked.role])


async def as_the_other_end(asked: Asked) -> bytes:
    """What the other end would prove, by bob's enclave."""
    exchange = attrs.evolve(
        asked.exchange, dialler=asked.exchange.server, server=asked.exchange.dialler
    )
    return await asked.proof(exchange)


async def of_a_changed_hello(asked: Asked) -> bytes:
    first = asked.exchange.first
    changed = attrs.evolve(first, clock=first.clock + 1)
    return await asked.proof(attrs.evolve(asked.exchange, first=changed))


async def of_a_short_nonce(asked: Asked) -> bytes:
    return await asked.of(asked.exchange.binding(asked.role)[:31])


async def of_another_module(asked: Asked) -> bytes:
    return await asked.by_another_enclave(IMAGE)


async def of_another_program(asked: Asked) -> bytes:
    return await asked.by_another_enclave(UNTRUSTED)


async def of_another_key(asked: Asked) -> bytes:
    """A proof by the enclave of another party that is on bob's side."""
    binding = asked.exchange.binding(asked.role)
    return asked.memory.estate.enclave("carol").document(nonce=binding)


_NONCE: Final = r"of its proof, its nonce is not the one that was asked for"
_KEY: Final = r"of its proof, its public key is not the one of this connection"
NO_PROOF: Final = "gave no proof"

LIES: Final[dict[str, tuple[Lie, str]]] = {
    "none": (nothing, NO_PROOF),
    "no document": (noise, r"\(cbor-.*of its proof"),
    "the document of its certificate": (of_the_certificate, _NONCE),
    "a replayed one": (replayed, _NONCE),
    "a reflected one": (reflected, _KEY),
    "a foreign one": (foreign, _KEY),
    "one for another verifier": (for_another_verifier, _NONCE),
    "one for another certificate": (for_another_certificate, _NONCE),
    "one for the other role": (for_the_other_role, _NONCE),
    "one as the other end": (as_the_other_end, _NONCE),
    "one of a changed hello": (of_a_changed_hello, _NONCE),
    "one of a nonce of 31 bytes": (of_a_short_nonce, _NONCE),
    "one of another module": (of_another_module, "its proof is of another enclave than its"),
    "one of another program": (of_another_program, r"\(release-unknown\).*of its proof"),
    "one of another key": (of_another_key, _KEY),
}
"""By name: what is given for a proof, and in which words it is refused."""


def lying(monkeypatch: pytest.MonkeyPatch, estate: Estate, lie: Lie) -> Memory:
    """Have the nodes of bob lie from now on. Those of all others do what they did."""
    memory, honestly, check = Memory(estate), Introduction.proof, Answering._check_proof

    async def proof(
        node: Introduction, there: Counterpart, slot: Slot | None, exchange: Exchange, role: Role
    ) -> bytes:
        if node.party != BOB or slot is None or not slot.wanted or node.prover is None:
            return await honestly(node, there, slot, exchange, role)
        attester = node.prover._attester
        return await lie(Asked(memory, attester, there, exchange, role))

    def noted(answering: Answering, exchange: Exchange, third: Hello) -> None:
        slot = decode_slot(third.slot)
        if slot is not None and answering._introduction.party == BOB:
            memory.others[answering._peer] = slot.proof
        check(answering, exchange, third)

    monkeypatch.setattr(Introduction, "proof", proof)
    monkeypatch.setattr(Answering, "_check_proof", noted)
    return memory


def _changed(asked: Asked, **changes: Any) -> Exchange:
    """The exchange, with something else about the other end."""
    if asked.role is Role.DIALLER:
        return attrs.evolve(asked.exchange, server=attrs.evolve(asked.exchange.server, **changes))
    return attrs.evolve(asked.exchange, dialler=attrs.evolve(asked.exchange.dialler, **changes))
