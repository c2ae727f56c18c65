"""What is wrong with the chain of certificates; the leaf's key signs the document.

Where one certificate is changed, those below it are issued by the changed one.
"""

from collections.abc import Callable, Mapping
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from partywire_nitro_attest.development.certified import (
    Blueprint,
    Certified,
    Extension,
    may_issue,
    may_not_issue,
    new_key,
    usage,
)
from partywire_nitro_attest.development.chain import (
    BELOW_ROOT,
    Chain,
    Change,
    issued,
    new_module_id,
    new_root,
)
from partywire_nitro_attest.development.defects.stages import Defect, Defects, reissued
from partywire_nitro_attest.development.making import Making

_AUTHORITIES: Final = BELOW_ROOT[:-1]
_UNKNOWN: Final = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\5\0")


def bundled(change: Callable[[Chain], list[bytes]]) -> Defect:
    """Another bundle beside the same leaf."""
    return lambda making: making.saying(cabundle=change(making.chain)).document()


def changed(place: str, change: Change) -> Defect:
    """Another certificate in that place: ``region``, ``zone``, ``instance`` or ``leaf``."""
    return lambda making: making.under(reissued(making, **{place: change})).document()


def expired(blueprint: Blueprint) -> Blueprint:
    """Let it last for its first second alone."""
    return attrs.evolve(blueprint, end=blueprint.begin + 1)


def not_yet(blueprint: Blueprint) -> Blueprint:
    """Let it last for its last second alone."""
    return attrs.evolve(blueprint, begin=blueprint.end - 1)


def _with(extension: Extension) -> Change:
    value, critical = extension
    return lambda blueprint: blueprint.having(value, critical=critical)


def _without(kind: type[x509.ExtensionType]) -> Change:
    return lambda blueprint: blueprint.without(kind)


def _p256(blueprint: Blueprint) -> Blueprint:
    return attrs.evolve(blueprint, key=new_key(ec.SECP256R1()))


def _secp256k1(blueprint: Blueprint) -> Blueprint:
    return attrs.evolve(blueprint, key=new_key(ec.SECP256K1()))


def _sha256(blueprint: Blueprint) -> Blueprint:
    return attrs.evolve(blueprint, digest=SHA256())


def _of_nobody(blueprint: Blueprint) -> Blueprint:
    return attrs.evolve(blueprint, issuer=named("nobody"))


def named(*names: str) -> x509.Name:
    """Return a subject of these Common Names."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])


def _called(*names: str) -> Change:
    return lambda blueprint: attrs.evolve(blueprint, subject=named(*names))


ANYWHERE: Final[Mapping[str, Change]] = {
    "expired": expired,
    "not yet valid": not_yet,
    "of P-256": _p256,
    "of secp256k1": _secp256k1,
    "signed by SHA-256": _sha256,
    "with an unknown critical extension": _with((_UNKNOWN, True)),
}
"""What is wrong with a certificate wherever it stands; of a root too, by `new_root`."""
_OF_AUTHORITIES: Final[Mapping[str, Change]] = {
    "that is no CA": _with(may_not_issue()),
    "without BasicConstraints": _without(x509.BasicConstraints),
    "without keyCertSign": _with(usage("digital_signature", "crl_sign")),
    "issued by nobody": _of_nobody,
}
_OF_LEAVES: Final[Mapping[str, Change]] = {
    "that is a CA": _with(may_issue(None)),
    "without BasicConstraints": _without(x509.BasicConstraints),
    "without keyUsage": _without(x509.KeyUsage),
    "without digitalSignature": _with(usage("content_commitment", critical=False)),
    "issued by nobody": _of_nobody,
    "without a name": lambda blueprint: attrs.evolve(blueprint, subject=x509.Name([])),
}


def _changes() -> dict[str, Defect]:
    """Return each change at each place where it is a defect."""
    found = {(place, odd): change for odd, change in ANYWHERE.items() for place in BELOW_ROOT}
    found |= {
        (place, odd): change for odd, change in _OF_AUTHORITIES.items() for place in _AUTHORITIES
    }
    found |= {("leaf", odd): change for odd, change in _OF_LEAVES.items()}
    return {
        f"{'an' if place == 'instance' else 'a'} {place} {odd}": changed(place, change)
        for (place, odd), change in found.items()
    }


def _of_root(root_of: Callable[[Making], Certified]) -> Defect:
    """Sound below a root that nobody trusts."""

    def made(making: Making) -> bytes:
        chain = issued(root_of(making), module_id=making.module_id, now=making.now)
        return making.under(chain).document()

    return made


def _foreign(making: Making) -> bytes:
    """Show the trusted root, and behind it the chain of another one that has its name."""
    foreign = issued(new_root(making.now), module_id=making.module_id, now=making.now)
    chain = attrs.evolve(foreign, root=making.chain.root)
    return making.under(chain).document()


def _of_the_root_itself(making: Making) -> bytes:
    """Let the root issue the leaf, with nobody between."""
    chain = making.chain
    leaf = _again(chain.leaf, by=chain.root)
    said = making.saying(certificate=leaf.der, cabundle=[chain.root.der])
    return attrs.evolve(said, key=leaf.key).document()


def _of_a_leaf(making: Making) -> bytes:
    """Let the leaf issue another leaf of the same name."""
    chain = making.chain
    child = _again(chain.leaf, by=chain.leaf)
    bundle = [*chain.bundle, chain.leaf.der]
    said = making.saying(certificate=child.der, cabundle=bundle)
    return attrs.evolve(said, key=child.key).document()


def _of_the_instance(making: Making) -> bytes:
    """Show the instance's certificate in the place of the leaf, under the leaf's name."""
    subject = making.chain.leaf.certificate.subject
    rename: Change = lambda blueprint: attrs.evolve(blueprint, subject=subject)  # noqa: E731
    chain = reissued(making, instance=rename)
    said = making.saying(certificate=chain.instance.der, cabundle=chain.bundle[:-1])
    return attrs.evolve(said, key=chain.instance.key).document()


def _again(one: Certified, by: Certified) -> Certified:
    """Return a certificate of a new key that says the same, issued by somebody else."""
    found = one.certificate
    begin, end = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
    extensions = tuple((each.value, each.critical) for each in found.extensions)
    return Blueprint(found.subject, begin, end, extensions).made(by)


def _broken(place: int) -> Defect:
    """Flip the last bit of a certificate of the bundle, which is one of its signature."""

    def flipped(chain: Chain) -> list[bytes]:
        bundle = list(chain.bundle)
        bundle[place] = bundle[place][:-1] + bytes([bundle[place][-1] ^ 1])
        return bundle

    return bundled(flipped)


def _another_root(making: Making) -> Certified:
    return new_root(making.now, _called("another root"))


def _another_chain(making: Making) -> Chain:
    return issued(making.chain.root, module_id=new_module_id(), now=making.now)


CHAINS: Final[Defects] = {
    **_changes(),
    "another root": _of_root(_another_root),
    "another root of the same name": _of_root(lambda making: new_root(making.now)),
    "a foreign chain behind the real root": _foreign,
    "the root alone": bundled(lambda chain: [chain.root.der]),
    "a leaf of the root itself": _of_the_root_itself,
    "no root": bundled(lambda chain: list(chain.bundle[1:])),
    "no region": bundled(lambda chain: [chain.bundle[0], *chain.bundle[2:]]),
    "no instance": bundled(lambda chain: list(chain.bundle[:-1])),
    "the instance alone": bundled(lambda chain: [chain.instance.der]),
    "reversed": bundled(lambda chain: list(reversed(chain.bundle))),
    "two certificates changed places": bundled(
        lambda chain: [chain.root.der, chain.zone.der, chain.region.der, chain.instance.der]
    ),
    "the root twice": bundled(lambda chain: [chain.root.der, *chain.bundle]),
    "the instance twice": bundled(lambda chain: [*chain.bundle, chain.instance.der]),
    "the leaf in the bundle": bundled(lambda chain: [*chain.bundle, chain.leaf.der]),
    "a certificate of another chain at the end": lambda making: making.saying(
        cabundle=[*making.chain.bundle, _another_chain(making).instance.der]
    ).document(),
    "a certificate of another chain in the middle": lambda making: making.saying(
        cabundle=[
            *making.chain.bundle[:2],
            _another_chain(making).zone.der,
            *making.chain.bundle[2:],
        ]
    ).document(),
    "another root at the end": lambda making: making.saying(
        cabundle=[*making.chain.bundle, new_root(making.now).der]
    ).document(),
    "the zone of another chain": lambda making: making.saying(
        cabundle=[
            *making.chain.bundle[:2],
            _another_chain(making).zone.der,
            making.chain.instance.der,
        ]
    ).document(),
    "a leaf as issuer": _of_a_leaf,
    "a CA as leaf": _of_the_instance,
    "a region with no CA below it": changed("region", _with(may_issue(0))),
    "a region with one CA below it": changed("region", _with(may_issue(1))),
    "a zone with no CA below it": changed("zone", _with(may_issue(0))),
    "a region whose signature is broken": _broken(1),
    "a zone whose signature is broken": _broken(2),
    "an instance whose signature is broken": _broken(3),
    "a root whose signature is broken": _broken(0),
}
"""Another root, another order, a certificate too many or too few, and one that may not be there."""
