"""Challenges in a hello, and what a proof that answers one has to cover.

Slot of a hello: empty, or

    offset  size  field
    0       1     version, 1
    1       1     1 where a proof is wanted of the other end, else 0
    2       32    random bytes of this end, which are its challenge
    34      n     in the third step: the dialler's proof, where the server wanted one; to the end

The dialler's third step repeats the random bytes of its first. The server's proof comes in the
Welcome: it makes none for a caller that owes its own. What a proof covers is SHA-384 over
these fields, each after its length (4 bytes, little-endian):

    label and version   ``partywire proof 1``
    role                of the end that proves itself: ``dialler`` or ``server``
    attester, verifier  the party ids of the end that proves itself, and of the other
    two challenges      the verifier's 32 bytes, the attester's 32 bytes
    two certificates    SHA-256 of the attester's, of the verifier's; empty where none was shown
    hellos              SHA-256 over all fields of the first two steps, the slots without proofs
    counter             which proof of this connection it is, from 0 (4 bytes, little-endian)

So a proof is good for that connection attempt alone: not for the other end, another party, another
role, other certificates or another hello. It binds certificates and not the connection: whoever has
the keys of both ends could stand between them.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

import attrs

from partywire.delivery.hello import Hello
from partywire.delivery.reader import ByteReader
from partywire.errors import Malformed

CHALLENGE: Final = 32
"""Bytes of a challenge: exactly so many."""
GOOD_FOR: Final = 30.0
"""Seconds after which the answer to a challenge comes too late."""

_LABEL: Final = b"partywire proof 1"
_VERSION: Final = 1
_HEAD: Final = struct.Struct("<BB")
_NUMBER: Final = struct.Struct("<I")
_TIME: Final = struct.Struct("<d")


class Role(Enum):
    """Which end of a connection it is."""

    DIALLER = b"dialler"
    SERVER = b"server"


@attrs.frozen
class Slot:
    """The slot of one step.

    Attributes:
        wanted: whether the other end has to prove itself.
        challenge: random bytes of this end.
        proof: what this end gives in answer to the other's challenge.
    """

    wanted: bool
    challenge: bytes = attrs.field(repr=False)
    proof: bytes = attrs.field(default=b"", repr=False)


def encode_slot(slot: Slot | None) -> bytes:
    """Return a slot as bytes; None is an empty one."""
    if slot is None:
        return b""
    return _HEAD.pack(_VERSION, slot.wanted) + slot.challenge + slot.proof


def decode_slot(data: bytes) -> Slot | None:
    """Return a slot, or None for an empty one. Raises `Malformed`."""
    if not data:
        return None
    reader = ByteReader(data, "slot of a hello")
    version, wanted = reader.unpack(_HEAD)
    if version != _VERSION:
        raise Malformed(reader.what, f"of version {version}")
    challenge = reader.take(CHALLENGE)
    return Slot(reader.flag(wanted), challenge, data[_HEAD.size + CHALLENGE :])


@attrs.frozen
class End:
    """One end of a connection: its party id, and SHA-256 of the certificate that it has shown."""

    party: str
    certificate: bytes = attrs.field(repr=False)


@attrs.frozen
class Exchange:
    """Two ends, and the first two steps of their hello, both of which have a slot."""

    dialler: End
    server: End
    first: Hello
    second: Hello

    def binding(self, role: Role) -> bytes:
        """Return what a proof of the end in that role has to cover: 48 bytes."""
        ends = [(self.dialler, self.first), (self.server, self.second)]
        (attester, its_step), (verifier, other_step) = ends if role is Role.DIALLER else ends[::-1]
        fields = (
            _LABEL,
            role.value,
            attester.party.encode(),
            verifier.party.encode(),
            _challenge(other_step),
            _challenge(its_step),
            attester.certificate,
            verifier.certificate,
            hashlib.sha256(_joined((*_fields(self.first), *_fields(self.second)))).digest(),
            _NUMBER.pack(0),
        )
        return hashlib.sha384(_joined(fields)).digest()


def _challenge(step: Hello) -> bytes:
    return step.slot[_HEAD.size : _HEAD.size + CHALLENGE]


def _fields(step: Hello) -> Iterator[bytes]:
    yield _NUMBER.pack(step.version)
    yield step.kind.encode()
    yield step.incarnation
    yield _TIME.pack(step.started)
    yield step.roster
    yield _TIME.pack(step.clock)
    yield step.nonce
    yield step.echo
    yield _joined(feature.encode() for feature in step.features)
    yield step.slot[: _HEAD.size + CHALLENGE]


def _joined(fields: Iterable[bytes]) -> bytes:
    return b"".join(_NUMBER.pack(len(field)) + field for field in fields)
