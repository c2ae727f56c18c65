"""Whom a certificate names, before anything of it is believed."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from partywire_grpc.certificates.evidence import MAX_CERTIFICATE


def claimed_name(leaf: bytes) -> str:
    """Return the Common Name of a certificate in DER; empty where it has not exactly one.

    It is empty for more than `MAX_CERTIFICATE` bytes, too. Nothing else is checked: the name only
    says which party the certificate has to be judged as.
    """
    if len(leaf) > MAX_CERTIFICATE:
        return ""
    try:
        subject = x509.load_der_x509_certificate(leaf).subject
        names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except Exception:  # whatever a parser of untrusted bytes raises
        return ""
    name = names[0].value if len(names) == 1 else ""
    return name if isinstance(name, str) else ""
