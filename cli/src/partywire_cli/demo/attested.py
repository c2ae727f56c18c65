"""Hospitals that attest which program they run, each by a development module of this run."""

import time
from collections.abc import Sequence
from pathlib import Path

from partywire_grpc.certificates.files import write_private
from partywire_grpc.certificates.making import authority
from partywire_nitro_attest.development import Certified, measured, new_root
from partywire_nitro_attest.development.root_file import root_in_pem

from .security import Fingerprints, Security, keep

ROOT = "development-root.pem"
TRUSTED, UNTRUSTED = "hospital 1.0", "hospital 1.0, changed"

SHORT = 600.0
"""Seconds; certificates that last no longer are renewed often."""
OFTEN = 'proof_pause = "100ms"\n'
"""As each renewal takes two proofs for each peer."""

_VERIFIERS = """\

[[verifier]]
plugin = "x509"

[[verifier]]
plugin = "nitro"
development_root = "{root}"

[[verifier.release]]
name = "{name}"
pcr0 = "{pcrs[0]}"
pcr1 = "{pcrs[1]}"
pcr2 = "{pcrs[2]}"
"""
_ATTESTER = """
[attester]
plugin = "nitro-development"
mode = "full-auto"
ca_certificate = "{party}.crt"
ca_key = "{party}.key"
root = "{root}"
image = "{image}"
lifetime = "{lifetime:g}s"
"""


def attested(untrusted: str | None, lifetime: float) -> Security:
    """Return mutual TLS between hospitals that have to run one and the same release.

    Args:
        untrusted: who runs another program, if anybody.
        lifetime: seconds that a certificate lasts.
    """
    root = new_root(time.time())

    def tables(party: str) -> str:
        image = UNTRUSTED if party == untrusted else TRUSTED
        pcrs = [measured(TRUSTED)[index].hex() for index in range(3)]
        verifiers = _VERIFIERS.format(root=root.fingerprint, name=TRUSTED, pcrs=pcrs)
        own = _ATTESTER.format(party=party, root=ROOT, image=image, lifetime=lifetime)
        return verifiers + own

    words = (
        "Mutual TLS 1.3 protects their messages, and each attests which program it runs: once in "
        "its certificate, and once more on each connection before the first message. Only the "
        f"release {TRUSTED!r} is let in. DEVELOPMENT: a module of this run signs, and no enclave, "
        "so nothing is proved."
    )
    if untrusted is not None:
        words += f" {untrusted} runs another program, and shows it."
    return Security(
        plugin="grpc-mtls",
        words=words,
        proof="Whatever {who} sent and received: the other end had proved who it is, and had given "
        f"a document for that very connection that it runs {TRUSTED!r}; a development module "
        "signed it.",
        transport="",
        peer='certificate = "{party}.crt"\nanchor = "ca"\n',
        tables=tables,
        limits=OFTEN if lifetime < SHORT else "",
        equip=lambda parties, folder: _equip(root, parties, folder),
        untrusted=frozenset({untrusted} if untrusted else ()),
        lifetime=lifetime,
    )


def _equip(root: Certified, parties: Sequence[str], folder: Path) -> Fingerprints:
    """Write the root, and a CA of its own for each; nobody else can read the keys."""
    write_private(folder / ROOT, root_in_pem(root))
    now = time.time()
    return {party: keep(party, authority(party, now=now), folder) for party in parties}
