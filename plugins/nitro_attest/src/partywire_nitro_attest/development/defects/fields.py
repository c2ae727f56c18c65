"""What is wrong with a field; the document is signed as it stands."""

from collections.abc import Callable
from typing import Final

from partywire_nitro_attest.development.cbor import Item, Pairs
from partywire_nitro_attest.development.defects.stages import Defect, Defects, saying, silent_on
from partywire_nitro_attest.development.making import Making

MANDATORY: Final = ("module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle")
CARRIED: Final = ("public_key", "user_data", "nonce")


def _certificate(change: Callable[[bytes], Item]) -> Defect:
    return lambda making: making.saying(certificate=change(making.chain.leaf.der)).document()


def _bundle(change: Callable[[tuple[bytes, ...]], Item]) -> Defect:
    return lambda making: making.saying(cabundle=change(making.chain.bundle)).document()


def _pcrs(*instead: tuple[Item, Item]) -> Defect:
    """Put these PCRs in the place of those with the same index, or after all."""

    def made(making: Making) -> bytes:
        had = making.fields["pcrs"]
        pcrs: dict[Item, Item] = {**(had if isinstance(had, dict) else {}), **dict(instead)}
        return making.saying(pcrs=Pairs(tuple(pcrs.items()))).document()

    return made


FIELDS: Final[Defects] = {
    **{f"{name} missing": silent_on(name) for name in MANDATORY},
    **{f"{name} null": saying(**{name: None}) for name in MANDATORY},
    **{f"{name} a number": saying(**{name: 7}) for name in MANDATORY if name != "timestamp"},
    **{f"{name} true": saying(**{name: True}) for name in (*MANDATORY, *CARRIED)},
    **{f"{name} text": saying(**{name: "text"}) for name in CARRIED},
    **{f"{name} of 1025 bytes": saying(**{name: bytes(1025)}) for name in CARRIED},
    "module_id empty": saying(module_id=""),
    "module_id bytes": lambda making: making.saying(module_id=making.module_id.encode()).document(),
    "digest empty": saying(digest=""),
    "digest SHA256": saying(digest="SHA256"),
    "digest sha384": saying(digest="sha384"),
    "digest bytes": saying(digest=b"SHA384"),
    "timestamp zero": saying(timestamp=0),
    "timestamp negative": saying(timestamp=-1),
    "timestamp text": lambda making: making.saying(timestamp=str(making.now)).document(),
    "timestamp of the largest number": saying(timestamp=2**64 - 1),
    "timestamp beyond what dates reach": saying(timestamp=2**63),
    "pcrs empty": saying(pcrs={}),
    "pcrs an array": saying(pcrs=[bytes(48)] * 16),
    "pcrs of one null": _pcrs((0, None)),
    "pcrs with index 32": _pcrs((32, bytes(48))),
    "pcrs with a negative index": _pcrs((-1, bytes(48))),
    "pcrs with an index as text": _pcrs(("16", bytes(48))),
    "a PCR of 47 bytes": _pcrs((0, bytes(47))),
    "a PCR of 32 bytes": _pcrs((0, bytes(32))),
    "a PCR of 64 bytes": _pcrs((0, bytes(64))),
    "a PCR of no bytes": _pcrs((7, b"")),
    "a PCR as text": _pcrs((0, "0" * 48)),
    "PCR0 missing": lambda making: making.saying(pcrs={1: bytes(48), 2: bytes(48)}).document(),
    "33 PCRs": _pcrs(*((index, bytes(48)) for index in range(33))),
    "certificate empty": saying(certificate=b""),
    "certificate of 1025 bytes": _certificate(lambda der: der.ljust(1025, b"\0")),
    "certificate that is none": saying(certificate=bytes(64)),
    "certificate with a byte after it": _certificate(lambda der: der + b"\0"),
    "certificate cut short": _certificate(lambda der: der[:-1]),
    "certificate as text": _certificate(lambda der: der.hex()),
    "two certificates": _certificate(lambda der: [der, der]),
    "cabundle empty": saying(cabundle=[]),
    "cabundle one certificate": _bundle(lambda bundle: bundle[0]),
    "cabundle of nine": _bundle(lambda bundle: [*bundle, *bundle, bundle[0]]),
    "cabundle with an empty one": _bundle(lambda bundle: [*bundle[:-1], b""]),
    "cabundle with null": _bundle(lambda bundle: [*bundle, None]),
    "cabundle with text": _bundle(lambda bundle: [*bundle[:-1], bundle[-1].hex()]),
    "cabundle with one of 1025 bytes": _bundle(
        lambda bundle: [*bundle[:-1], bundle[-1].ljust(1025, b"\0")]
    ),
    "cabundle with one that is none": _bundle(lambda bundle: [*bundle[:-1], bytes(64)]),
    "cabundle with a byte after one": _bundle(lambda bundle: [*bundle[:-1], bundle[-1] + b"\0"]),
    "cabundle an array of arrays": _bundle(lambda bundle: [bundle]),
    "nitrotpm_pcrs beside": lambda making: making.saying(
        nitrotpm_pcrs=making.fields["pcrs"]
    ).document(),
    "nitrotpm_pcrs in the place of pcrs": lambda making: (
        making.silent_on("pcrs").saying(nitrotpm_pcrs=making.fields["pcrs"]).document()
    ),
}
"""A field that is missing, null, of another type, another length, or out of range."""
