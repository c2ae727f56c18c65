"""What a certificate says, in words, and what is odd about it. Its text is escaped and cut."""

from collections.abc import Callable, Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from partywire.delivery.ids import is_party_id
from partywire.errors import IdentityError, outside_text
from partywire.probing import EXPIRES_SOON, in_words
from partywire_grpc.certificates.keys import is_taken
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import (
    check_authority,
    check_dns_name,
    check_extensions,
    check_issuer,
    check_name,
    check_usages,
    check_version,
    may_sign_others,
    utc_text,
)

_EXTENDED: Final = {
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: "serverAuth",
}
_RULES: Final = (
    check_version,
    check_name,
    check_dns_name,
    check_issuer,
    check_usages,
    check_extensions,
)


def described(leaf: Leaf, now: float) -> dict[str, str]:
    """Return each thing that a certificate says, by its name; ``now`` is seconds since 1970."""
    return {
        "subject": outside_text(leaf.parsed.subject.rfc4514_string(), 256),
        "issuer": outside_text(leaf.parsed.issuer.rfc4514_string(), 256),
        "names": _listed(leaf.dns_names),
        "valid": f"from {utc_text(leaf.not_before)}; {validity(leaf, now)}",
        "usages": _stated(leaf.key_usages, _camel),
        "extended usages": _stated(leaf.extended_usages, lambda oid: _EXTENDED.get(oid, oid)),
        "CA": "yes" if leaf.is_ca else "no",
        "key": _key(leaf),
        "SHA-256": leaf.sha256,
    }


def warnings(leaf: Leaf, now: float) -> list[str]:
    """Return all that is odd about it, as of a party or of its CA."""
    found = [*_broken(leaf), *_about_time(leaf, now)]
    if leaf.is_ca:
        found.append(
            "CA:TRUE: its key signs for others; a party shows one with CA:FALSE, and its CA is "
            'configured with anchor = "ca"'
        )
    elif may_sign_others(leaf):
        found.append(
            "its key may sign for others, whom TLS then takes for this party: it states no "
            "keyUsage without keyCertSign"
        )
    if not leaf.is_ca and not is_taken(leaf.parsed.public_key()):
        found.append(f"its key, {_key(leaf)}, is of a kind or size that no node shows")
    return found


def validity(leaf: Leaf, now: float) -> str:
    """Return whether it is in date, and for how long; ``now`` is seconds since 1970."""
    if now < leaf.not_before:
        begin = utc_text(leaf.not_before)
        return f"begins in {in_words(leaf.not_before - now)}, at {begin}"
    end = utc_text(leaf.not_after)
    if now >= leaf.not_after:
        return f"expired {in_words(now - leaf.not_after)} ago, at {end}"
    return f"ends in {in_words(leaf.not_after - now)}, at {end}"


def _broken(leaf: Leaf) -> Iterator[str]:
    """Yield the rules that it breaks, as of the party whose name it has."""
    name = leaf.common_names[0] if leaf.common_names else ""
    party = name.lower()
    if not is_party_id(party):
        yield f'its Common Name "{outside_text(name)}" is no party id'
        return
    rules: tuple[Callable[[Leaf, str], None], ...] = (check_authority,) if leaf.is_ca else _RULES
    for rule in rules:
        try:
            rule(leaf, party)
        except IdentityError as error:
            yield error.problem


def _about_time(leaf: Leaf, now: float) -> Iterator[str]:
    left = leaf.not_after - now
    if left <= 0 or now < leaf.not_before:
        yield f"it {validity(leaf, now)}"
    elif left < EXPIRES_SOON:
        yield f"it {validity(leaf, now)}; renew it"


def _stated(usages: frozenset[str] | None, word: Callable[[str], str]) -> str:
    return "not stated" if usages is None else _listed(sorted(map(word, usages)))


def _listed(words: tuple[str, ...] | list[str]) -> str:
    shown = [outside_text(word) for word in words[:8]]
    more = [f"and {len(words) - 8} more"] if len(words) > 8 else []
    return ", ".join([*shown, *more]) or "none"


def _camel(name: str) -> str:
    """Return a usage as RFC 5280 writes it: ``digitalSignature``."""
    if name == "crl_sign":
        return "cRLSign"
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _key(leaf: Leaf) -> str:
    key = leaf.parsed.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"elliptic curve {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA of {key.key_size} bits"
    return type(key).__name__.removesuffix("PublicKey").lstrip("_")
