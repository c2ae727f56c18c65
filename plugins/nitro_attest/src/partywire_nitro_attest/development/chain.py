"""The certificates of the development module, each as its genuine one is, but for the names.

root -> region -> zone -> instance -> signing leaf. The names say what they are of: nobody may take
them for Amazon's.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

import attrs
from cryptography import x509
from cryptography.x509.oid import NameOID

from partywire_nitro_attest.development.certified import (
    Blueprint,
    Certified,
    Extension,
    may_issue,
    may_not_issue,
    named_issuer,
    named_key,
    new_key,
    usage,
)
from partywire_nitro_attest.security_module import BACKDATED

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
LEAF_LIFETIME: Final = 3 * HOUR

BELOW_ROOT: Final = ("region", "zone", "instance", "leaf")
ROOT_NAME: Final = "development.nitro-enclaves"
REGION: Final = "dev-1"
_COUNTRY: Final = (NameOID.COUNTRY_NAME, "ZZ")
_STATE: Final = (NameOID.STATE_OR_PROVINCE_NAME, "Nowhere")
_PLACE: Final = (NameOID.LOCALITY_NAME, "Nowhere")
_OWNER: Final = (NameOID.ORGANIZATION_NAME, "partywire development")
_UNIT: Final = (NameOID.ORGANIZATIONAL_UNIT_NAME, "not AWS")

Change = Callable[[Blueprint], Blueprint]
"""Makes another blueprint of a sound one."""


def unchanged(blueprint: Blueprint) -> Blueprint:
    """Return the same blueprint."""
    return blueprint


def new_module_id() -> str:
    """Return the id of a new enclave, on an instance of its own."""
    return f"i-{secrets.token_hex(9)[:17]}-enc{secrets.token_hex(8)}"


@attrs.frozen
class Chain:
    """The certificates of one module."""

    root: Certified
    region: Certified
    zone: Certified
    instance: Certified
    leaf: Certified

    @property
    def bundle(self) -> tuple[bytes, ...]:
        """All but the leaf, in DER, the root first."""
        return tuple(each.der for each in (self.root, self.region, self.zone, self.instance))


def new_root(now: float, change: Change = unchanged) -> Certified:
    """Return a root of 30 years.

    Args:
        now: seconds since 1970.
        change: what is to be different about it.
    """
    key = new_key()
    extensions = (
        may_issue(None),
        named_key(key),
        usage("digital_signature", "key_cert_sign", "crl_sign"),
    )
    subject = _name(_COUNTRY, _OWNER, _UNIT, _called(ROOT_NAME))
    return change(Blueprint(subject, now - DAY, now + 30 * 365 * DAY, extensions, key)).made()


def issued(
    root: Certified,
    *,
    module_id: str,
    now: float,
    lifetime: float = LEAF_LIFETIME,
    changes: Mapping[str, Change] | None = None,
) -> Chain:
    """Return a new chain below a root.

    Args:
        root: which signs the region's certificate.
        module_id: whose leaf it is.
        now: seconds since 1970 at which the leaf is issued.
        lifetime: seconds from then until the leaf ends.
        changes: what is to be different about a certificate: by ``region``, ``zone``, ``instance``,
            ``leaf``. What comes below is signed by the changed one.
    """
    change = {**dict.fromkeys(BELOW_ROOT, unchanged), **(changes or {})}
    region = change["region"](_region(root, now)).made(root)
    zone = change["zone"](_zone(region, now)).made(region)
    instance = change["instance"](_instance(zone, module_id, now)).made(zone)
    leaf = change["leaf"](_leaf(module_id, now, lifetime)).made(instance)
    return Chain(root, region, zone, instance, leaf)


def _region(root: Certified, now: float) -> Blueprint:
    name = _called(f"{secrets.token_hex(8)}.{REGION}.{ROOT_NAME}")
    subject = _name(_COUNTRY, _OWNER, _UNIT, name)
    begin = now - 2 * DAY
    return _authority(subject, root, 2, begin, begin + 20 * DAY + HOUR)


def _zone(region: Certified, now: float) -> Blueprint:
    name = _called(f"{secrets.token_hex(8)}.zonal.{REGION}.{ROOT_NAME}")
    subject = _name(name, _UNIT, _OWNER, _COUNTRY, _STATE, _PLACE)
    begin = now - DAY
    return _authority(subject, region, 1, begin, begin + 5 * DAY + 16 * HOUR)


def _instance(zone: Certified, module_id: str, now: float) -> Blueprint:
    instance = "-".join(module_id.split("-")[:2])
    key = new_key()
    extensions = (may_issue(0), usage("key_cert_sign"), named_key(key), named_issuer(zone))
    subject = _of_machine(f"{instance}.{REGION}.{ROOT_NAME}")
    return Blueprint(subject, now - HOUR, now - HOUR + DAY, extensions, key)


def _leaf(module_id: str, now: float, lifetime: float) -> Blueprint:
    signs = usage("digital_signature", "content_commitment", critical=False)
    subject = _of_machine(f"{module_id}.{REGION}.development")
    return Blueprint(subject, now - BACKDATED, now + lifetime, (may_not_issue(), signs))


def _authority(
    subject: x509.Name, by: Certified, below: int, begin: float, end: float
) -> Blueprint:
    key = new_key()
    extensions = (
        may_issue(below),
        named_issuer(by),
        named_key(key),
        usage("digital_signature", "key_cert_sign", "crl_sign"),
        _revocations(),
    )
    return Blueprint(subject, begin, end, extensions, key)


def _revocations() -> Extension:
    """Return a distribution point as the genuine ones have; no such host is ever there."""
    place = x509.UniformResourceIdentifier(f"http://crl.invalid/crl/{uuid4()}.crl")
    return x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)]), False


def _of_machine(name: str) -> x509.Name:
    return _name(_COUNTRY, _STATE, _PLACE, _OWNER, _UNIT, _called(name))


def _called(name: str) -> tuple[x509.ObjectIdentifier, str]:
    return NameOID.COMMON_NAME, name


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
