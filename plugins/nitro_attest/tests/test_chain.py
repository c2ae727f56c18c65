"""The chain is the bundle as it stands, and lasts as long as the first of its certificates."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import attrs
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from partywire_nitro_attest import Refusal, Refused, Roots, Trust, judge_document
from partywire_nitro_attest.chain import verify_chain
from partywire_nitro_attest.development import Blueprint, Certified, DevelopmentModule, issued
from partywire_nitro_attest.development.certified import may_issue, named_key, new_key, usage
from partywire_nitro_attest.document import MAX_BUNDLE, read_document
from partywire_nitro_attest.envelope import read_envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywire_nitro_attest import Document
    from partywire_nitro_attest.development import Change

    from .conftest import Refusing

PLACES = ("region", "zone", "instance", "leaf")


def document_of(raw: bytes) -> Document:
    return read_document(read_envelope(raw).fields)


def lasting(begin: float, end: float) -> Change:
    return lambda blueprint: attrs.evolve(blueprint, begin=begin, end=end)


def problem_of(raw: bytes, trust: Trust, now: float) -> str:
    with pytest.raises(Refused) as caught:
        judge_document(raw, now=now, trust=trust)
    return caught.value.problem


def of_one_name(
    name: x509.Name, count: int, now: float, first_issuer: x509.Name
) -> Sequence[Certified]:
    """Certificates that may all have issued each other: as many paths as there are orders."""
    key = new_key()
    blueprint = Blueprint(
        name, now - 10, now + 1000, (may_issue(None), named_key(key), usage("key_cert_sign")), key
    )
    rest = [blueprint.made() for _ in range(count - 1)]
    return [attrs.evolve(blueprint, issuer=first_issuer).made(), *rest]


@pytest.mark.parametrize("place", PLACES)
def test_it_ends_with_the_certificate_that_ends_first(
    place: str, module: DevelopmentModule, root: Certified, trust: Trust, now: float
) -> None:
    end = now + 60
    chain = issued(
        root, module_id=module.module_id, now=now, changes={place: lasting(now - 60, end)}
    )
    raw = module.making().under(chain).document()
    assert judge_document(raw, now=now, trust=trust).valid_until == int(end)


@pytest.mark.parametrize("place", PLACES)
def test_both_ends_of_a_life_belong_to_it(
    place: str, module: DevelopmentModule, root: Certified, trust: Trust, now: float
) -> None:
    begin, end = float(int(now) - 60), float(int(now) + 60)
    chain = issued(root, module_id=module.module_id, now=now, changes={place: lasting(begin, end)})
    document = document_of(module.making().under(chain).document())
    for at in (begin + 60, end):
        assert verify_chain(document, trust.roots, at).valid_until == end
    for at, expected in ((end + 0.001, Refusal.CHAIN_EXPIRED), (begin - 61, Refusal.CHAIN_NOT_YET)):
        with pytest.raises(Refused) as caught:
            verify_chain(document, trust.roots, at)
        assert caught.value.refusal is expected


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("region", "certificate 1 of 3 in its bundle"),
        ("instance", "certificate 3 of 3 in its bundle"),
        ("leaf", "its signing certificate"),
    ],
)
def test_a_refusal_names_the_certificate(
    place: str, name: str, module: DevelopmentModule, root: Certified, trust: Trust, now: float
) -> None:
    changes = {place: lasting(now - 90_000, now - 80_000)}
    chain = issued(root, module_id=module.module_id, now=now, changes=changes)
    problem = problem_of(module.making().under(chain).document(), trust, now)
    assert problem.startswith(f"{name} expired at 2026-06-29 ")


@pytest.mark.parametrize("count", range(2, MAX_BUNDLE))
def test_many_paths_are_refused_before_any_is_tried(
    count: int, module: DevelopmentModule, root: Certified, refusal_of: Refusing, now: float
) -> None:
    """Anybody can make such a bundle, and each path of it would cost many signatures."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loop")])
    loop = of_one_name(name, count, now, root.certificate.subject)
    found = module.making().chain.leaf.certificate
    extensions = tuple((each.value, each.critical) for each in found.extensions)
    leaf = Blueprint(found.subject, now - 3, now + 1000, extensions).made(loop[0])
    bundle = [root.der, *(each.der for each in loop)]
    making = module.making().saying(certificate=leaf.der, cabundle=bundle)
    raw = attrs.evolve(making, key=leaf.key).document()
    assert refusal_of(raw) is Refusal.CHAIN_REPEATED


def signed_of(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).tbs_certificate_bytes


def test_a_changed_certificate_is_refused_unless_what_its_issuer_signed_is_the_same(
    module: DevelopmentModule, trust: Trust, now: float, seed: int
) -> None:
    """A byte beside that is looked at by nobody; the document's own signature covers it."""
    chance = random.Random(f"{seed} certificates")
    document = document_of(module.attest())
    sound = [*document.cabundle, document.certificate]
    for _ in range(1_000):
        place = chance.randrange(1, len(sound))
        changed = bytearray(sound[place])
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        ders = [*sound[:place], bytes(changed), *sound[place + 1 :]]
        other = attrs.evolve(document, cabundle=tuple(ders[:-1]), certificate=ders[-1])
        try:
            verify_chain(other, trust.roots, now)
        except Refused:
            continue
        assert signed_of(ders[place]) == signed_of(sound[place])


def test_roots_are_told_apart_by_the_whole_certificate(
    module: DevelopmentModule, root: Certified, trust: Trust, refusal_of: Refusing
) -> None:
    assert trust.roots.fingerprints == {hashlib.sha256(root.der).hexdigest()}
    changed = root.der[:-1] + bytes([root.der[-1] ^ 1])
    making = module.making()
    bundle = [changed, *making.chain.bundle[1:]]
    assert refusal_of(making.saying(cabundle=bundle).document()) is Refusal.CHAIN_ROOT


def test_a_known_chain_is_verified_no_second_time(
    module: DevelopmentModule, trust: Trust, now: float
) -> None:
    document = document_of(module.attest())
    known = verify_chain(document, trust.roots, now)
    for at in (now, now + 1, known.valid_until):
        assert verify_chain(document, trust.roots, at, known) is known
    earlier = verify_chain(document, trust.roots, now - 1, known)
    assert (earlier.since, earlier.valid_until) == (now - 1, known.valid_until)


def test_a_known_chain_holds_in_its_time_and_under_its_roots_alone(
    module: DevelopmentModule, root: Certified, trust: Trust, now: float
) -> None:
    begin, end = float(int(now) - 60), float(int(now) + 60)
    changes = {"zone": lasting(begin, end)}
    chain = issued(root, module_id=module.module_id, now=now, changes=changes)
    document = document_of(module.making().under(chain).document())
    known = verify_chain(document, trust.roots, now)
    others = Roots(frozenset({"00" * 32}))
    for at, roots, expected in (
        (end + 0.001, trust.roots, Refusal.CHAIN_EXPIRED),
        (begin - 61, trust.roots, Refusal.CHAIN_NOT_YET),
        (now, others, Refusal.CHAIN_ROOT),
    ):
        with pytest.raises(Refused) as caught:
            verify_chain(document, roots, at, known)
        assert caught.value.refusal is expected


@pytest.mark.parametrize("place", range(1, 5))
def test_a_chain_in_which_a_certificate_is_another_is_not_known(
    place: int, module: DevelopmentModule, root: Certified, trust: Trust, now: float
) -> None:
    document = document_of(module.attest())
    known = verify_chain(document, trust.roots, now)
    other = document_of(DevelopmentModule(root, pcrs={}, clock=lambda: now).attest())
    mixed = [*document.cabundle, document.certificate]
    mixed[place] = [*other.cabundle, other.certificate][place]
    changed = attrs.evolve(document, cabundle=tuple(mixed[:-1]), certificate=mixed[-1])
    with pytest.raises(Refused):
        verify_chain(changed, trust.roots, now, known)
