"""What a certificate has to say of the party that shows it: a function and an error for each rule.

A problem names what is wrong and who can mend it. Text of the certificate is escaped and cut.
"""

from collections.abc import Set
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID

from partywire.delivery.ids import is_party_id
from partywire.errors import EvidenceInvalid, IdentityMismatch, outside_text
from partywire.probing import moment
from partywire_grpc.certificates.reading import Leaf

_BOTH_ENDS: Final = {
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: "serverAuth",
}


def check_leaf(leaf: Leaf, expected: str, roster: Set[str]) -> None:
    """Check every rule on what a party's own certificate says, but for its dates.

    Whose signature it bears is not checked; see `is_signed_by`.

    Args:
        leaf: what was read.
        expected: the party that it has to be of.
        roster: all parties, as nobody may carry the name of another.

    Raises:
        EvidenceInvalid: a rule is broken.
        IdentityMismatch: it is of somebody else.
    """
    check_version(leaf, expected)
    check_name(leaf, expected)
    check_dns_name(leaf, expected)
    check_issuer(leaf, expected)
    check_other_parties(leaf, expected, roster)
    check_usages(leaf, expected)
    check_extensions(leaf, expected)


def check_authority(authority: Leaf, expected: str) -> None:
    """Check what the certificate of a party's own CA says, but for its dates.

    Raises:
        EvidenceInvalid: it is no CA, or not one that may sign for that party.
    """
    check_version(authority, expected)
    check_extensions(authority, expected)
    name = _only(authority.common_names, "Common Names", expected)
    if name not in _issuers(expected):
        problem = f"this is the CA {_quoted(name)}; {expected} needs one called {_either(expected)}"
        raise EvidenceInvalid(expected, problem)
    if not authority.is_ca:
        problem = 'the certificate says of itself that it is no CA; with anchor = "ca" give the CA'
        raise EvidenceInvalid(expected, problem)
    if authority.key_usages is not None and "key_cert_sign" not in authority.key_usages:
        problem = "the CA may sign no certificates: its keyUsage is without keyCertSign"
        raise EvidenceInvalid(expected, problem)


def check_version(leaf: Leaf, expected: str) -> None:
    """Only version 3 can say what a certificate is for."""
    if leaf.version != 3:
        problem = f"the certificate is of X.509 version {leaf.version}, and not of 3"
        raise EvidenceInvalid(expected, problem)


def check_name(leaf: Leaf, expected: str) -> None:
    """The one Common Name is the party's id, letter by letter."""
    name = _only(leaf.common_names, "Common Names", expected)
    if name == expected:
        return
    if name.lower() == expected:
        problem = f"its Common Name {_quoted(name)} has upper case; a party id is of lower case"
        raise EvidenceInvalid(expected, problem)
    if not is_party_id(name):
        raise EvidenceInvalid(expected, f"its Common Name {_quoted(name)} is no party id")
    raise IdentityMismatch(expected, f"the certificate is of {_quoted(name)}")


def check_dns_name(leaf: Leaf, expected: str) -> None:
    """The party id is a DNS name of the SAN as well; a wildcard that covers it does not count."""
    if not leaf.dns_names:
        problem = f"the certificate has no DNS name in a SAN; it needs {expected} there"
        raise EvidenceInvalid(expected, problem)
    if expected not in leaf.dns_names:
        given = ", ".join(map(_quoted, leaf.dns_names[:4]))
        problem = f"the SAN of the certificate lacks the DNS name {expected}; it has {given}"
        raise EvidenceInvalid(expected, problem)


def check_issuer(leaf: Leaf, expected: str) -> None:
    """The issuer is called as the party, or as what follows the first label of a replica."""
    name = _only(leaf.issuer_names, "Common Names of an issuer", expected)
    if name not in _issuers(expected):
        problem = f"the certificate was issued by {_quoted(name)}, and not by {_either(expected)}"
        raise EvidenceInvalid(expected, problem)


def check_other_parties(leaf: Leaf, expected: str, roster: Set[str]) -> None:
    """No DNS name of the SAN is the id of another party."""
    names = {name.lower().removesuffix(".") for name in leaf.dns_names}
    others = sorted((names & roster) - {expected})
    if others:
        problem = f"the SAN of the certificate names another party, {', '.join(others[:4])}"
        raise EvidenceInvalid(expected, problem)


def check_usages(leaf: Leaf, expected: str) -> None:
    """Where usages are stated, they are those of a client and of a server of TLS 1.3."""
    if leaf.key_usages is not None and "digital_signature" not in leaf.key_usages:
        problem = "the certificate states keyUsage without digitalSignature, which TLS 1.3 needs"
        raise EvidenceInvalid(expected, problem)
    stated = leaf.extended_usages
    lacking = [name for usage, name in _BOTH_ENDS.items() if stated and usage not in stated]
    if lacking:
        problem = f"the certificate states extendedKeyUsage without {' and '.join(lacking)}"
        raise EvidenceInvalid(expected, problem)


def check_extensions(leaf: Leaf, expected: str) -> None:
    """Every critical extension is understood, as the word asks for."""
    if leaf.unknown:
        given = ", ".join(leaf.unknown[:4])
        problem = f"the certificate has critical extensions that are not understood: {given}"
        raise EvidenceInvalid(expected, outside_text(problem, 256))


def check_dates(leaf: Leaf, expected: str, now: float, what: str = "the certificate") -> None:
    """It is in date; ``now`` is seconds since 1970.

    Raises:
        EvidenceInvalid: it has ended, or has not begun; says since when or until when.
    """
    if now >= leaf.not_after:
        problem = f"{what} expired at {utc_text(leaf.not_after)}; {expected} has to renew it"
        raise EvidenceInvalid(expected, problem)
    if now < leaf.not_before:
        begin = utc_text(leaf.not_before)
        problem = f"{what} is not valid before {begin}; compare the clocks of both ends"
        raise EvidenceInvalid(expected, problem)


def is_in_date(leaf: Leaf, now: float) -> bool:
    """Tell whether it has begun and has not ended; ``now`` is seconds since 1970."""
    return leaf.not_before <= now < leaf.not_after


def is_signed_by(leaf: Leaf, issuer: Leaf) -> bool:
    """Tell whether the key of ``issuer`` signed it, directly, under the name of that issuer.

    The dates of either and whether the issuer may sign at all are not checked.
    """
    try:
        leaf.parsed.verify_directly_issued_by(issuer.parsed)
    except Exception:  # whatever the library raises at a signature or key that it does not take
        return False
    return True


def may_sign_others(leaf: Leaf) -> bool:
    """Tell whether TLS takes certificates that its key signed for others where it is pinned.

    It does unless keyUsage is stated, and without keyCertSign.
    """
    return leaf.is_ca or leaf.key_usages is None or "key_cert_sign" in leaf.key_usages


def utc_text(seconds: float) -> str:
    """Return a moment, given in seconds since 1970, as people read it."""
    return moment(seconds)


def _only(names: tuple[str, ...], what: str, expected: str) -> str:
    if len(names) != 1:
        problem = f"the certificate has {len(names)} {what}; it has to have exactly one"
        raise EvidenceInvalid(expected, problem)
    return names[0]


def _issuers(expected: str) -> set[str]:
    """Who may issue the certificate of a party: itself, or the party that it is a replica of."""
    return {expected, expected.partition(".")[2]} - {""}


def _either(expected: str) -> str:
    return " or ".join(sorted(_issuers(expected), key=len, reverse=True))


def _quoted(name: str) -> str:
    return f'"{outside_text(name)}"'
