"""Ids of parties and of sessions."""

import hashlib
import re
from collections.abc import Iterable

from partywire.errors import SessionIdInvalid

MAX_PARTY = 64
"""Characters of a party id, at most."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PARTY = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9.]+")
_DOMAIN = b"partywire session id v1\x00"
_SESSIONS = 1 << 128


def is_party_id(text: str) -> bool:
    """Tell whether ``text`` is a party id.

    It has lowercase letters, digits, hyphens and dots, at most 64 characters in all. What stands
    between dots has 1 to 63 and neither starts nor ends with a hyphen. Digits and dots alone are
    none, so an IP address is none.
    """
    if len(text) > MAX_PARTY or _NUMBER.fullmatch(text):
        return False
    return _PARTY.fullmatch(text) is not None


def session_id(source: int | bytes | str, attempt: int | None = None) -> int:
    """Return the 128-bit session id of an int, of 16 bytes (little-endian), or of text and attempt.

    Text is hashed with its attempt (SHA-256, domain-separated, cut to 128 bits), so a rerun gets a
    new id by the next attempt.

    Args:
        source: the int, the bytes or the text.
        attempt: from 0 to 2**64 - 1, with text only; None counts as 0.

    Raises:
        SessionIdInvalid: it is none of these.
    """
    if isinstance(source, str):
        return _derived(source, 0 if attempt is None else attempt)
    if attempt is not None:
        raise SessionIdInvalid("an attempt goes with text")
    if isinstance(source, bytes):
        if len(source) != 16:
            raise SessionIdInvalid(f"{len(source)} bytes")
        return int.from_bytes(source, "little")
    if type(source) is not int:
        raise SessionIdInvalid(f"a value of type {type(source).__name__}")
    if not 0 <= source < _SESSIONS:
        raise SessionIdInvalid("an int out of range")
    return source


def _derived(text: str, attempt: int) -> int:
    if type(attempt) is not int or not 0 <= attempt < 1 << 64:
        raise SessionIdInvalid("an attempt that is no int of 64 bits")
    try:
        name = text.encode()
    except UnicodeEncodeError:
        raise SessionIdInvalid("text that is no Unicode") from None
    digest = hashlib.sha256(_DOMAIN + attempt.to_bytes(8, "little") + name).digest()
    return int.from_bytes(digest[:16], "little")


def parties_digest(parties: Iterable[str]) -> bytes:
    """Return SHA-256 over the sorted ids: what two ends compare instead of lists of parties."""
    return hashlib.sha256("\n".join(sorted(parties)).encode()).digest()
