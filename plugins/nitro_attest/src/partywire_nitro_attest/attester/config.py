"""The keys in a config that every attester has, and those of ``nsm``."""

from pathlib import Path
from typing import Any, Final, Literal

import attrs

from partywire_nitro_attest.attester.writing import Carrier
from partywire_nitro_attest.config import check_roots

FULL_AUTO: Final = frozenset({"ca_certificate", "ca_key"})
SEMI_AUTO: Final = frozenset({"party_certificate"})
MEASURES: Final = "measure_config"
"""The key by which an attester measures the config."""


def _has_its_keys(config: "AttesterKeys", key: "attrs.Attribute[Any]", mode: str) -> None:
    """Refuse a mode without its keys, or with those of the other one."""
    wanted = FULL_AUTO if mode == "full-auto" else SEMI_AUTO
    given = {name for name in FULL_AUTO | SEMI_AUTO if getattr(config, name) is not None}
    problems = [f"{name} is missing" for name in sorted(wanted - given)]
    problems += [f"{name} is not used" for name in sorted(given - wanted)]
    if problems:
        raise ValueError(f'with mode = "{mode}" {" and ".join(problems)}', key)


@attrs.frozen(kw_only=True)
class AttesterKeys:
    """The keys that both attesters have."""

    mode: Literal["full-auto", "semi-auto"] = attrs.field(validator=_has_its_keys)
    """Who vouches for the certificates: this party's own CA, or the signature of the image."""
    ca_certificate: Path | None = None
    """In full-auto: the certificate of this party's own CA, in PEM, which its peers have."""
    ca_key: Path | None = None
    """In full-auto: its key, in PEM, on P-256, P-384 or secp256k1; it stays in the enclave."""
    party_certificate: Path | None = None
    """In semi-auto: the certificate, in PEM, with whose key the image was signed."""
    carrier: Carrier = "reference"
    """How certificates carry their document: as the reference system has it, or by RFC 9999."""
    measure_config: bool = False
    """Extend PCR16 by whom this node trusts, and lock it, before the first document is made."""


@attrs.frozen(kw_only=True)
class NsmConfig(AttesterKeys):
    """``[attester]`` with ``plugin = "nsm"``."""

    roots: tuple[str, ...] = attrs.field(default=(), validator=check_roots)
    """SHA-256 of further root certificates, beside AWS's: those of other partitions of AWS."""
    allow_debug: bool = False
    """Attest an enclave in debug mode, too; only peers that allow that themselves let it in."""
