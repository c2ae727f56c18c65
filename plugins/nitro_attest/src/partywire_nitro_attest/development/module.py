"""A security module in software, for tests and development. What it signs proves nothing."""

import time
from collections.abc import Callable, Mapping
from hashlib import sha384
from typing import Final

from partywire_nitro_attest.development.certified import Certified
from partywire_nitro_attest.development.chain import LEAF_LIFETIME, issued, new_module_id
from partywire_nitro_attest.development.making import Making, fields
from partywire_nitro_attest.security_module import (
    LOCKED,
    MOST_BYTES,
    NO_PCR,
    MeasuringModule,
    ModuleFailed,
    Register,
    renewed_before_end,
)

PCR_BYTES: Final = 48
BANKS: Final = 16
"""How many PCRs each document has; further ones only where they were set."""
MOST_PCRS: Final = 32


def measured(image: str) -> dict[int, bytes]:
    """Return the PCRs of an image by that name: 0, 1 and 2 differ from every other name's.

    PCR 4 is the same for all, as if they ran on one instance. The others are zero.
    """
    return {
        **{index: sha384(f"{image}, PCR{index}".encode()).digest() for index in range(3)},
        4: sha384(b"the instance of the development module").digest(),
    }


def in_debug_mode() -> dict[int, bytes]:
    """Return the PCRs of every image that runs in debug mode: 0, 1 and 2 are zero, and 4 is not."""
    return {**measured(""), **{index: bytes(PCR_BYTES) for index in range(3)}}


class DevelopmentModule(MeasuringModule):
    """Signs documents of the genuine shape by a PKI of its own, in this process.

    Whoever has the root's key can make any document. So a verifier takes them only where its config
    trusts this very root, by the key that is named for it.

    Attributes:
        module_id: the enclave that documents name.
    """

    def __init__(
        self,
        root: Certified,
        *,
        pcrs: Mapping[int, bytes],
        clock: Callable[[], float] = time.time,
        lifetime: float = LEAF_LIFETIME,
    ) -> None:
        """Make a module of a new enclave.

        Args:
            root: by `new_root`, made for this deployment alone.
            pcrs: what it has measured; 48 bytes each, by index from 0 to 31. Those of 0 to 15 that
                are not given are zero.
            clock: gives seconds since 1970.
            lifetime: seconds that a signing leaf lasts after it was issued.

        Raises:
            ValueError: an index or a length of a PCR is wrong.
        """
        if any(not 0 <= index < MOST_PCRS or len(pcr) != PCR_BYTES for index, pcr in pcrs.items()):
            raise ValueError(f"PCRs have {PCR_BYTES} bytes each, and an index from 0 to 31")
        self.module_id: str = new_module_id()
        self._root = root
        self._pcrs = {**dict.fromkeys(range(BANKS), bytes(PCR_BYTES)), **pcrs}
        self._locked = set(range(BANKS))
        self._clock = clock
        self._lifetime = lifetime
        self._chain = issued(root, module_id=self.module_id, now=clock(), lifetime=lifetime)
        self._early = renewed_before_end(lifetime)
        self._renewed_at = clock() + lifetime - self._early

    def attest(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> bytes:
        """Return a new document; see `SecurityModule.attest`."""
        made = self.making(public_key=public_key, user_data=user_data, nonce=nonce)
        return made.document()

    def making(
        self,
        *,
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
    ) -> Making:
        """Return how that document is made, for who wants one that differs from it.

        Raises:
            ValueError: what it is to carry is longer than 1024 bytes.
        """
        if any(each and len(each) > MOST_BYTES for each in (public_key, user_data, nonce)):
            raise ValueError(f"a document carries {MOST_BYTES} bytes in each field at most")
        now = self._clock()
        self._renew(now)
        said = fields(
            self._chain,
            module_id=self.module_id,
            now=now,
            pcrs=self._pcrs,
            public_key=public_key,
            user_data=user_data,
            nonce=nonce,
        )
        return Making(now, self._chain, said, self._chain.leaf.key)

    def register(self, index: int) -> Register:
        """Return what is in a PCR. Those below 16 are locked."""
        if not 0 <= index < MOST_PCRS:
            raise ModuleFailed("DescribePCR", NO_PCR)
        return Register(self._pcrs.get(index, bytes(PCR_BYTES)), index in self._locked)

    def extend(self, index: int, data: bytes) -> bytes:
        """Extend a PCR, and return its new value; see `MeasuringModule.extend`."""
        if len(data) != PCR_BYTES:
            raise ValueError(f"a PCR is extended by a hash of {PCR_BYTES} bytes")
        former = self.register(index)
        if former.locked:
            raise ModuleFailed("ExtendPCR", LOCKED)
        self._pcrs[index] = sha384(former.value + data).digest()
        return self._pcrs[index]

    def lock(self, index: int) -> None:
        """Lock a PCR, for as long as this module is there."""
        self.register(index)
        self._locked.add(index)

    def _renew(self, now: float) -> None:
        """Issue a new chain where little of the leaf's life is left."""
        if now >= self._renewed_at:
            self._chain = issued(
                self._root, module_id=self.module_id, now=now, lifetime=self._lifetime
            )
            self._renewed_at = now + self._lifetime - self._early
