"""Requests for a certificate (PKCS #10): a key stays where it was made, and its CA elsewhere."""

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from partywire.errors import EvidenceInvalid, outside_text
from partywire_grpc.certificates.files import MAX_FILE
from partywire_grpc.certificates.keys import OwnKey, OwnPublicKey, is_taken
from partywire_grpc.certificates.making import name_of


def request_pem(party: str, key: OwnKey) -> bytes:
    """Return a request, in PEM, for a certificate of that party and key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name_of(party))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def requested_key(pem: bytes, party: str) -> OwnPublicKey:
    """Return the key of a request, which whoever made it has the other half of.

    What else the request asks for, such as names and usages, is not looked at: a certificate gets
    what a party needs. Who made it is not known; compare the key with that party.

    Args:
        pem: untrusted bytes, at most `MAX_FILE`.
        party: the party that it has to be for.

    Raises:
        EvidenceInvalid: it is no such request.
    """
    if len(pem) > MAX_FILE:
        raise EvidenceInvalid(party, f"a request of more than {MAX_FILE} bytes")
    try:
        request = x509.load_pem_x509_csr(pem)
        names = [each.value for each in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key, proved = request.public_key(), request.is_signature_valid
    except Exception:  # whatever a parser of untrusted bytes raises
        raise EvidenceInvalid(party, "no request for a certificate in PEM can be read") from None
    if names != [party]:
        given = ", ".join(outside_text(str(name)) for name in names[:4]) or "nobody"
        raise EvidenceInvalid(party, f"the request is for {given}")
    if not is_taken(key):
        raise EvidenceInvalid(party, "its key is of a kind that no party may have")
    if not proved:
        raise EvidenceInvalid(party, "the request is not signed by its own key")
    return key
