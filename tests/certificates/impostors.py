"""Who is refused: by name, what is shown in a party's place, and in which words it is refused.

Each breaks one rule and keeps the others, as far as that can be: it has the party's own key where
it may. Tests of the rules, of sockets and of the doctor share the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from partywire.errors import EvidenceInvalid, IdentityError, IdentityMismatch
from tests.certificates.building import DAY, Held, make, named
from tests.certificates.der import version_one
from tests.certificates.town import REPLICA, Town


@attrs.frozen
class Impostor:
    """Somebody who is not to be let in.

    Attributes:
        party: in whose place.
        make: makes what is shown, for a town.
        refused: the words of the refusal, as a regular expression.
        error: what is raised.
    """

    party: str
    make: Callable[[Town], Held]
    refused: str
    error: type[IdentityError] = EvidenceInvalid


def _of_bob(*names: str, **odd: Any) -> Callable[[Town], Held]:
    """Made with bob's own key, sound but for what is odd."""

    def made(town: Town) -> Held:
        return make(*(names or ("bob",)), now=town.now, key=town.own["bob"].key, **odd)

    return made


def _signed(party: str, signer: str, name: str = "", **odd: Any) -> Callable[[Town], Held]:
    """A new key, named as the party, and signed by somebody's CA, or by a key that is no CA's."""

    def made(town: Town) -> Held:
        by = town.authorities.get(signer, town.own[signer])
        issuer = named(name) if name else None
        return make(party, now=town.now, by=by, issuer=issuer, **odd)

    return made


def _through(party: str, signer: str) -> Callable[[Town], Held]:
    """Signed by an intermediate that somebody signed, and shown with it."""

    def made(town: Town) -> Held:
        by = town.authorities.get(signer, town.own[signer])
        usages = ("digital_signature", "key_cert_sign")
        between = make(signer, now=town.now, by=by, ca=True, usages=usages)
        leaf = make(party, now=town.now, by=between)
        return attrs.evolve(leaf, beside=(between.der,))

    return made


def _version_one(*, extensions: bool) -> Callable[[Town], Held]:
    return lambda town: version_one(_of_bob()(town), extensions=extensions)


_CHILD = "is of another key, and only signed by the configured one"
_NOT_BY_CA = "not signed by the configured CA itself"

IMPOSTORS: Final[dict[str, Impostor]] = {
    "wrong CN": Impostor(
        "bob", _of_bob("mallory", dns=("mallory", "bob")), 'of "mallory"', IdentityMismatch
    ),
    "another party": Impostor("bob", lambda town: town.own["erin"], 'of "erin"', IdentityMismatch),
    "CN not in SAN": Impostor(
        "bob", _of_bob(dns=("bob.example",)), 'lacks the DNS name bob; it has "bob.example"'
    ),
    "no SAN": Impostor("bob", _of_bob(dns=()), "no DNS name in a SAN; it needs bob there"),
    "two CNs": Impostor("bob", _of_bob("bob", "mallory"), "2 Common Names"),
    "one CN twice": Impostor("bob", _of_bob("bob", "bob"), "2 Common Names"),
    "no CN": Impostor(
        "bob",
        lambda town: make(now=town.now, key=town.own["bob"].key, dns=("bob",), issuer=named("bob")),
        "0 Common Names",
    ),
    "upper case": Impostor("bob", _of_bob("Bob", dns=("Bob", "bob")), '"Bob" has upper case'),
    "control characters": Impostor(
        "bob", _of_bob("bob\n\x1b[2J", dns=("bob",)), r'Common Name "bob\\n\\x1b\[2J" is no party'
    ),
    "NUL in the CN": Impostor(
        "bob", _of_bob("bob\0.example", dns=("bob",)), r'"bob\\x00.example" is no party id'
    ),
    "issuer mismatch": Impostor(
        "bob", _of_bob(issuer=named("mallory")), 'issued by "mallory", and not by bob'
    ),
    "two issuers": Impostor(
        "bob", _of_bob(issuer=named("bob", "bob")), "2 Common Names of an issuer"
    ),
    "right name with another key": Impostor(
        "bob", lambda town: make("bob", now=town.now), "neither the configured certificate nor"
    ),
    "another party's anchor": Impostor("carol", _signed("carol", "erin", "carol"), _NOT_BY_CA),
    "another party's CA": Impostor("bob", _signed("bob", "carol"), 'issued by "carol"'),
    "another party's CA under a false name": Impostor(
        "bob", _signed("bob", "carol", "bob"), "neither the configured certificate nor"
    ),
    "another party's CA for a replica": Impostor(
        REPLICA, _signed(REPLICA, "carol", "dave.example"), _NOT_BY_CA
    ),
    "a replica's CA under another label": Impostor(
        "carol", _signed("carol", REPLICA), 'issued by "dave.example", and not by carol'
    ),
    "the CA itself": Impostor(
        "carol",
        lambda town: make(
            "carol",
            now=town.now,
            key=town.authorities["carol"].key,
            ca=True,
            usages=("digital_signature", "key_cert_sign"),
        ),
        "one of a CA",
    ),
    "an intermediate of the CA": Impostor("carol", _through("carol", "carol"), _NOT_BY_CA),
    "expired": Impostor(
        "bob", _of_bob(begin=-9 * DAY, end=-DAY), r"expired at \d{4}-\d\d-\d\d .* bob has to renew"
    ),
    "expired of a CA": Impostor(
        "carol", _signed("carol", "carol", begin=-9 * DAY, end=-DAY), "carol has to renew"
    ),
    "not yet valid": Impostor("bob", _of_bob(begin=DAY), "is not valid before .* compare the"),
    "client only": Impostor(
        "bob", _of_bob(extended=(ExtendedKeyUsageOID.CLIENT_AUTH,)), "without serverAuth"
    ),
    "server only": Impostor(
        "bob", _of_bob(extended=(ExtendedKeyUsageOID.SERVER_AUTH,)), "without clientAuth"
    ),
    "usage for neither end": Impostor(
        "bob", _of_bob(extended=(ExtendedKeyUsageOID.CODE_SIGNING,)), "clientAuth and serverAuth"
    ),
    "a key for encryption": Impostor(
        "bob", _of_bob(usages=("key_encipherment",)), "keyUsage without digitalSignature"
    ),
    "version 1": Impostor("bob", _version_one(extensions=False), "X.509 version 1"),
    "version 1 with extensions": Impostor("bob", _version_one(extensions=True), "X.509 version 1"),
    "child with CA:FALSE": Impostor("bob", _signed("bob", "bob"), _CHILD),
    "child without BasicConstraints": Impostor("bob", _signed("bob", "bob", ca=None), _CHILD),
    "child with CA:TRUE": Impostor("bob", _signed("bob", "bob", ca=True), _CHILD),
    "child through an intermediate": Impostor(
        "bob", _through("bob", "bob"), "neither the configured certificate nor"
    ),
    "child of another party": Impostor("bob", _signed("bob", "erin"), 'issued by "erin"'),
    "SAN names another party": Impostor(
        "bob", _of_bob(dns=("bob", "CAROL.")), "names another party, carol"
    ),
    "a wildcard alone": Impostor(
        REPLICA, _signed(REPLICA, REPLICA, dns=("*.dave.example",)), "lacks the DNS name r1.dave"
    ),
    "a wildcard as CN": Impostor(
        REPLICA, _signed("*.dave.example", REPLICA), r'"\*\.dave\.example" is no party id'
    ),
    "a critical extension": Impostor(
        "bob",
        _of_bob(more=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b""), True)]),
        r"not understood: 1\.2\.3\.4",
    ),
}
