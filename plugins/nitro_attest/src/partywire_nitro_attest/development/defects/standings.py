"""What is wrong with what a document stands for: another module, another time, a debug mode.

Each is formed and signed as it should be.
"""

import secrets
from collections.abc import Callable
from typing import Final

import attrs

from partywire_nitro_attest.development.chain import HOUR, Change, issued, new_module_id
from partywire_nitro_attest.development.defects.chains import named
from partywire_nitro_attest.development.defects.stages import Defect, Defects, reissued
from partywire_nitro_attest.development.making import Making
from partywire_nitro_attest.development.module import in_debug_mode

DAY_OLD: Final = 24 * HOUR


def at(seconds: float, *, leaf_at: float | None = None) -> Defect:
    """Say another time.

    Args:
        seconds: from the time of the making, to what the document says.
        leaf_at: seconds from the time of the making at which the leaf was issued; it is the leaf
            that was there, otherwise.
    """

    def made(making: Making) -> bytes:
        moment = making.now + seconds
        if leaf_at is not None:
            issue = making.now + leaf_at
            root = making.chain.root
            making = making.under(issued(root, module_id=making.module_id, now=issue))
        return making.saying(timestamp=int(moment * 1000)).document()

    return made


def _of_module(module_id: str, leaf_of: str) -> Defect:
    """Name a module, and have a leaf of a module of that name."""

    def made(making: Making) -> bytes:
        chain = issued(making.chain.root, module_id=leaf_of, now=making.now)
        return making.saying(module_id=module_id).under(chain).document()

    return made


def _of_leaf_called(*name_of: Callable[[str], str]) -> Defect:
    """Have a leaf with Common Names that are made of the module's id."""

    def made(making: Making) -> bytes:
        names = [each(making.module_id) for each in name_of]
        rename: Change = lambda blueprint: attrs.evolve(  # noqa: E731
            blueprint, subject=named(*names)
        )
        return making.under(reissued(making, leaf=rename)).document()

    return made


def _with_pcrs(pcrs: dict[int, bytes]) -> Defect:
    def made(making: Making) -> bytes:
        had = making.fields["pcrs"]
        said = {**(had if isinstance(had, dict) else {}), **pcrs}
        return making.saying(pcrs=said).document()

    return made


_INSTANCE: Final = f"i-{secrets.token_hex(9)[:17]}"
_TPM: Final = f"{_INSTANCE}-tpm0000000000000000"
_ENCLAVE: Final = new_module_id()

STANDINGS: Final[Defects] = {
    "a NitroTPM": _of_module(_TPM, _TPM),
    "an instance": _of_module(_INSTANCE, _INSTANCE),
    "another module than the leaf's": _of_module(_ENCLAVE, new_module_id()),
    "another enclave of the same instance": _of_module(
        f"{_INSTANCE}-enc{'0' * 16}", f"{_INSTANCE}-enc{'1' * 16}"
    ),
    "a leaf whose name goes on without a dot": _of_leaf_called(lambda it: f"{it}0.dev-1"),
    "a leaf whose name ends with the module": _of_leaf_called(lambda it: it),
    "a leaf with another name before": _of_leaf_called(lambda it: f"x{it}.dev-1"),
    "a leaf with two names": _of_leaf_called(lambda it: f"{it}.dev-1", lambda _: "another"),
    "four hours old": at(-4 * HOUR, leaf_at=-4 * HOUR),
    "a year old": at(-365 * DAY_OLD, leaf_at=-365 * DAY_OLD),
    "70 seconds ahead": at(70),
    "an hour ahead": at(HOUR),
    "a year ahead": at(365 * DAY_OLD, leaf_at=365 * DAY_OLD),
    "before its leaf": at(-10),
    "long before its leaf": at(-2 * HOUR),
    "after its leaf": at(0, leaf_at=-4 * HOUR),
    "debug mode": _with_pcrs(in_debug_mode()),
    "debug mode with all PCRs zero": _with_pcrs({index: bytes(48) for index in range(16)}),
}
"""Whose it is, of when it is, and whether anybody can look into the enclave."""
