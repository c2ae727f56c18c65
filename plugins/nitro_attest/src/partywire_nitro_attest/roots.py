"""Which roots the chains of documents may begin with, by fingerprint.

The first certificate of a document's bundle is the root itself, so its fingerprint is enough, and
no file has to be kept.
"""

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


def fingerprint_of(text: str) -> str:
    """Return a fingerprint as `Roots` has it, of one that may have colons and upper case."""
    return text.replace(":", "").lower()
