"""Certificates by blueprint: what one says is a plain value, and each part of it can be changed."""

from datetime import UTC, datetime
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding

_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
Extension = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """Return a new key, on P-384 unless another curve is given."""
    return ec.generate_private_key(curve or ec.SECP384R1())


@attrs.frozen
class Certified:
    """A certificate with its private key, which is in no repr."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER, in lower-case hexadecimal digits."""
        return self.certificate.fingerprint(SHA256()).hex()


@attrs.frozen
class Blueprint:
    """What a certificate is to say.

    Attributes:
        subject: whose it is.
        begin: seconds since 1970 from which it is valid; fractions are dropped.
        end: seconds since 1970 to which it is valid; fractions are dropped.
        extensions: in their order.
        key: its key.
        digest: what is signed of it.
        issuer: how the issuer is called; as who signs it is, otherwise.
    """

    subject: x509.Name
    begin: float
    end: float
    extensions: tuple[Extension, ...] = ()
    key: ec.EllipticCurvePrivateKey = attrs.field(factory=new_key, repr=False)
    digest: SHA256 | SHA384 | SHA512 = attrs.field(factory=SHA384)
    issuer: x509.Name | None = None

    def without(self, kind: type[x509.ExtensionType]) -> "Blueprint":
        """Return it without the extensions of that kind."""
        kept = tuple(each for each in self.extensions if not isinstance(each[0], kind))
        return attrs.evolve(self, extensions=kept)

    def having(self, extension: x509.ExtensionType, *, critical: bool) -> "Blueprint":
        """Return it with that extension, in the place of one of its kind where there is one."""
        had = [type(each) for each, _ in self.extensions]
        if type(extension) not in had:
            return attrs.evolve(self, extensions=(*self.extensions, (extension, critical)))
        place = had.index(type(extension))
        before, after = self.extensions[:place], self.extensions[place + 1 :]
        return attrs.evolve(self, extensions=(*before, (extension, critical), *after))

    def made(self, by: Certified | None = None) -> Certified:
        """Return the certificate, signed by its own key where nobody else signs it."""
        issuer = self.issuer or (by.certificate.subject if by else self.subject)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(issuer)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.fromtimestamp(int(self.begin), UTC))
            .not_valid_after(datetime.fromtimestamp(int(self.end), UTC))
        )
        for extension, critical in self.extensions:
            builder = builder.add_extension(extension, critical)
        return Certified(builder.sign(by.key if by else self.key, self.digest), self.key)


def may_issue(below: int | None) -> Extension:
    """Return the BasicConstraints of a CA, with so many CAs below it, or any number."""
    return x509.BasicConstraints(ca=True, path_length=below), True


def may_not_issue() -> Extension:
    """Return the BasicConstraints of a certificate that is no CA's."""
    return x509.BasicConstraints(ca=False, path_length=None), True


def usage(*stated: str, critical: bool = True) -> Extension:
    """Return a keyUsage of these, by the names that `cryptography.x509.KeyUsage` has."""
    return x509.KeyUsage(**{name: name in stated for name in _USAGES}), critical


def named_key(key: ec.EllipticCurvePrivateKey) -> Extension:
    """Return the SubjectKeyIdentifier of that key."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False


def named_issuer(by: Certified) -> Extension:
    """Return the AuthorityKeyIdentifier of what that key signs."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False
