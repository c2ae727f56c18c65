"""The certificates that a config names of its peers: their files, and what has to hold of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from partywire.config.exposed import exposed
from partywire.errors import EvidenceInvalid, IdentityError
from partywire_grpc.certificates.files import Unfit, read_public
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_dates, is_in_date

if TYPE_CHECKING:
    import attrs

Anchor: TypeAlias = Literal["configured", "ca", "by-attestation"]
"""The type of ``anchor`` in a peer's table: what its key is proved by."""
USUAL: Final[Anchor] = "configured"
"""The anchor of a peer whose table has none."""
BY_ATTESTATION: Final = "by-attestation"

MAX_GENERATIONS: Final = 2
"""Certificates of one party, at most: the one that it has, and the one that it goes over to."""

SHARED: Final = "its key is that of {} too; every party has one of its own"


def read_certificates(path: Path) -> tuple[Leaf, ...]:
    """Return the certificates of a file, in PEM: one, or two during a renewal.

    Raises:
        Unfit: it cannot be read, is no regular file, or holds something else, or more.
    """
    try:
        found = read_leaves(read_public(path), "")
    except EvidenceInvalid as error:
        raise Unfit(error.problem) from None
    if len(found) > MAX_GENERATIONS:
        raise Unfit(f"{len(found)} certificates; at most {MAX_GENERATIONS} are taken, and no chain")
    return found


def read_configured(path: Path, field: "attrs.Attribute[Any]") -> tuple[Leaf, ...]:
    """Return what `read_certificates` does, for a key of a peer.

    Raises:
        ValueError: the file is of no use; with the words and the key, as validators raise it.
    """
    try:
        return read_certificates(path)
    except Unfit as unfit:
        problem = f"{path}: {unfit.problem}"
        if unfit.missing:
            problem += "; ask that peer for its certificate"
        raise ValueError(problem, field) from None


def exposure(path: Path | None) -> str | None:
    """Return a warning where others can write to the file that a key names, if it names one."""
    return None if path is None else exposed(path)


def ended(
    certificates: Sequence[Leaf], party: str, now: float, what: str = "the certificate"
) -> Iterator[str]:
    """Yield why none of a party's certificates is in date, if none is."""
    if certificates and not any(is_in_date(each, now) for each in certificates):
        last = max(certificates, key=lambda each: each.not_after)
        try:
            check_dates(last, party, now, what)
        except IdentityError as error:
            yield error.problem


def shared_keys(peers: Mapping[str, Sequence[Leaf]]) -> Iterator[tuple[str, str]]:
    """Yield who has a key, and who has it too, for each that stands under two parties."""
    owners: dict[str, str] = {}
    for party, certificates in peers.items():
        for key in dict.fromkeys(each.key_sha256 for each in certificates):
            owner = owners.setdefault(key, party)
            if owner != party:
                yield owner, party
