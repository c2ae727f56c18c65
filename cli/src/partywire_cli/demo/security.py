"""What protects the hospitals' messages between their processes: mutual TLS, or nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from partywire_grpc.certificates.files import write_private, write_public
from partywire_grpc.certificates.making import Made, self_signed
from partywire_grpc.certificates.reading import read_leaves

SHOWN = 16
"""Digits of a fingerprint that are shown."""

Fingerprints = dict[str, str]
"""SHA-256 of the hospitals' certificates, in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Security:
    """What a transport takes beside addresses.

    Attributes:
        plugin: the transport's name.
        words: what protects the messages, in sentences.
        proof: what is said in the end of ``{who}`` has a result: who proved whom.
        transport: further lines of ``[transport]``, with ``{party}`` where its id belongs.
        peer: further lines of each ``[[peer]]``, likewise.
        tables: returns the further tables of a party's config.
        limits: further lines of ``[limits]``.
        equip: writes what these lines name into a folder, once, and returns the fingerprints of
            what hospitals show to each other.
        extra: the extra of this distribution that brings the plugin; nothing where it is there.
        untrusted: whom the others do not let in.
        lifetime: seconds that certificates last, where they are renewed meanwhile.
    """

    plugin: str
    words: str
    proof: str
    transport: str
    peer: str = ""
    tables: Callable[[str], str] = lambda _: ""
    limits: str = ""
    equip: Callable[[Sequence[str], Path], Fingerprints] = lambda _, __: {}
    extra: str = ""
    untrusted: frozenset[str] = frozenset()
    lifetime: float | None = None


def with_certificates(parties: Sequence[str], folder: Path) -> Fingerprints:
    """Make a key and a certificate for each; nobody else can read the keys.

    Raises:
        OSError: a file is there already, or cannot be written.
    """
    now = time.time()
    return {party: keep(party, self_signed(party, now=now), folder) for party in parties}


def keep(party: str, made: Made, folder: Path) -> str:
    """Write a key and its certificate by the name of a party; return the fingerprint."""
    write_private(folder / f"{party}.key", made.key_pem)
    write_public(folder / f"{party}.crt", made.certificate_pem)
    (leaf,) = read_leaves(made.certificate_pem, party)
    return leaf.sha256


MUTUAL_TLS = Security(
    plugin="grpc-mtls",
    words="Mutual TLS 1.3 protects their messages: each has a key and a certificate of its own, "
    "made for this run, and the certificates of the others in its config. Nobody else is let in.",
    proof="Whatever {who} sent and received: the other end had proved who it is, by its "
    "certificate, over TLS 1.3.",
    transport='certificate = "{party}.crt"\nprivate_key = "{party}.key"\n',
    peer='certificate = "{party}.crt"\n',
    tables=lambda _: '\n[[verifier]]\nplugin = "x509"\n',
    equip=with_certificates,
)
NONE = Security(
    plugin="grpc-insecure",
    words="Nothing protects their messages: whoever can see or send on this machine's loopback "
    "reads the shares of all, and forges them. Never do this with real records.",
    proof="Whatever {who} sent and received: nobody had proved who it is.",
    transport="allow_insecure = true\n",
    extra="grpc-insecure",
)
SECURITIES: Mapping[str, Security] = MappingProxyType(
    {each.plugin: each for each in (MUTUAL_TLS, NONE)}
)
"""By the name of the transport."""
