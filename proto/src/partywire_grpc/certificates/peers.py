"""The file of a peer's certificate: what it may hold."""

from pathlib import Path
from typing import Final

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.files import Unfit, read_public
from partywire_grpc.certificates.reading import Leaf, read_leaves

MAX_GENERATIONS: Final = 2
"""Certificates of one party, at most: the one that it has, and the one that it goes over to."""


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
