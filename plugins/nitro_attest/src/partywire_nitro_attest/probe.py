"""What ``doctor`` tells of attestation: of each peer, and of what this party shows itself."""

from typing import TYPE_CHECKING, Final

from partywire.errors import EvidenceInvalid, outside_text
from partywire.hookspecs import ProbeDescriptor, hookimpl
from partywire.identity import Credentials, Identity
from partywire.probing import Finding, Found, Status, Subject, in_words, moment
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_nitro_attest.attested import judge_attested, read_attested
from partywire_nitro_attest.judging import JudgedDocument
from partywire_nitro_attest.policy import Release
from partywire_nitro_attest.verifier import (
    BOUND,
    DEBUG,
    DEVELOPMENT,
    LEVEL,
    MODULE,
    NO_RELEASE,
    RELEASE,
    UNKNOWN_FIELDS,
)

if TYPE_CHECKING:
    from partywire_nitro_attest.config import NitroConfig
    from partywire_nitro_attest.peers import NitroPeer

CHECK: Final = "attestation"

_LEVELS: Final = {
    True: "level bound, by a proof for this connection",
    False: "level certificate, by the document in its certificate, and by no proof of a connection",
}
_UNPROVED: Final = (
    "level not known: the document in its certificate holds; whether it proves itself on a "
    "connection, which level bound asks for, could not be seen"
)
_NO_ENCLAVE: Final = "DEVELOPMENT: no enclave, and nothing is proved; "
_IN_DEBUG: Final = "DEBUG: its operator reads all that is in it; "
_TAKE_ENCLAVES: Final = (
    "take real enclaves, without development_root, before any real secret is sent"
)
_NO_DEBUG: Final = "start its enclave without --debug-mode"
_OURS: Final = (
    "our attester attests {release}, in {module}, until {until}; it has made a certificate for "
    "the doctor, SHA-256 {sha256}, and another for our node"
)
_OURS_REFUSED: Final = "by this config, what our own attester makes would be refused: {problem}"
_COMPARE: Final = "compare the releases and roots of this config with what its own attester makes"


async def probe(subject: Subject, found: Found) -> None:
    """Tell what this party itself attests, where it has an attester; nothing else is asked."""
    attester = subject.setting.attester
    if subject.is_own and attester is not None:
        found(_own(subject, await attester.credentials()))


def tells(subject: Subject, identity: Identity) -> Finding:
    """Tell a peer's level, its release, and until when that holds."""
    peer: NitroPeer = subject.setting.peers[subject.peer]
    claims, until = identity.claims, identity.valid_until
    bound = claims[LEVEL] == BOUND
    unproved = peer.bound and not bound
    release = claims[RELEASE]
    said = f"{_UNPROVED if unproved else _LEVELS[bound]}; release {release}"
    facts: dict[str, str | float] = {"level": claims[LEVEL], "release": release}
    facts["module"] = claims[MODULE]
    if UNKNOWN_FIELDS in claims:
        said += f"; fields of its document that are not known here: {claims[UNKNOWN_FIELDS]}"
    if until is not None:
        said += f"; ends in {in_words(until - subject.wall())}, at {moment(until)}"
        facts["valid_until"] = until
    if DEVELOPMENT in claims:
        facts["development"] = claims[DEVELOPMENT]
        own = subject.setting.party
        return Finding(CHECK, Status.WARNING, _NO_ENCLAVE + said, own, _TAKE_ENCLAVES, facts)
    if DEBUG in claims:
        return Finding(CHECK, Status.WARNING, _IN_DEBUG + said, subject.peer, _NO_DEBUG, facts)
    return Finding(CHECK, Status.UNKNOWN if unproved else Status.OK, said, facts=facts)


def _own(subject: Subject, credentials: Credentials) -> Finding:
    """Return what a certificate of ours attests, held to what this config asks of its peers."""
    config: NitroConfig = subject.setting.config
    party, now = subject.peer, subject.wall()
    try:
        (leaf,) = read_leaves(credentials.certificates, party)
        attested = read_attested(leaf.der, party, now)
        judged, release = judge_attested(
            attested, config.policy({}), party, now=now, trust=config.trust()
        )
    except EvidenceInvalid as error:
        said = _OURS_REFUSED.format(problem=error.problem)
        return Finding(CHECK, Status.WARNING, said, party, _COMPARE)
    return _of_own(leaf, judged, release)


def _of_own(leaf: Leaf, judged: JudgedDocument, release: Release | None) -> Finding:
    until = min(leaf.not_after, judged.valid_until)
    facts: dict[str, str | float] = {
        "release": release.name if release else NO_RELEASE,
        "module": outside_text(judged.document.module_id, 128),
        "valid_until": until,
        "sha256": leaf.sha256,
    }
    said = _OURS.format_map({**facts, "until": moment(until)})
    return Finding(CHECK, Status.OK, said, facts=facts)


@hookimpl
def register_probes() -> list[ProbeDescriptor]:
    """Return the probe of peers that attest their program."""
    return [ProbeDescriptor("nitro", probe, tells)]
