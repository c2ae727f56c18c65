"""Which roots the chains of documents may begin with, by fingerprint.

The first certificate of a document's bundle is the root itself, so its fingerprint is enough, and
no file has to be kept.
"""

import re
from collections.abc import Iterable
from typing import Final

import attrs

AWS: Final = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"
"""SHA-256 of the root certificate of AWS Nitro Enclaves, which ends in 2049.

https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html gives it; the hash of the ZIP file
around it is another one. Partitions of AWS such as GovCloud have other roots.
"""


@attrs.frozen
class Roots:
    """The trusted roots.

    Attributes:
        fingerprints: SHA-256 of each in DER, in lower-case hexadecimal digits.
        development: whether they vouch for nothing but a development security module; documents
            under them say so wherever they go.
    """

    fingerprints: frozenset[str]
    development: bool = False


AWS_ROOTS: Final = Roots(frozenset({AWS}))
NO_AWS: Final = "this is the root of AWS itself, and no development root"
_SHA256: Final = re.compile(r"[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}", re.ASCII)


def are_fingerprints(texts: Iterable[str]) -> bool:
    """Tell whether each is a SHA-256: 64 hexadecimal digits, in pairs that colons may part."""
    return all(map(_SHA256.fullmatch, texts))


def roots_of(further: Iterable[str], development: str | None = None) -> Roots:
    """Return which roots are trusted, by texts that `are_fingerprints`.

    Args:
        further: those beside AWS's.
        development: the root of a development module, in place of all others.

    Raises:
        ValueError: ``development`` is the root of AWS.
    """
    if development is None:
        return Roots(AWS_ROOTS.fingerprints.union(map(_plain, further)))
    root = _plain(development)
    if root == AWS:
        raise ValueError(NO_AWS)
    return Roots(frozenset({root}), development=True)


def _plain(text: str) -> str:
    """Return a fingerprint as `Roots` has it, of one that may have colons and upper case."""
    return text.replace(":", "").lower()
