"""What ``doctor`` asks of peers without TLS: whether somebody is there at all."""

from partywire.hookspecs import ProbeDescriptor, hookimpl
from partywire.probing import Finding, Found, Status, Subject
from partywire_grpc.addresses import parse_address
from partywire_grpc.reaching import listens, reach, speaks_plainly


async def probe(subject: Subject, found: Found) -> None:
    """Look for a peer at its address, or for the party's own node at its own."""
    if subject.is_own:
        address = parse_address(subject.setting.config.listen)
        if await listens(subject, address, found):
            said = f"somebody listens at {address}; who, nothing proves"
            found(Finding("listening", Status.OK, said))
        return
    address = parse_address(subject.setting.peers[subject.peer].address)
    if await reach(subject, address, found):
        found(_of_greeting(subject, await speaks_plainly(address)))


def _of_greeting(subject: Subject, plain: bool) -> Finding:
    if plain:
        return Finding("plain_text", Status.OK, "gRPC without TLS, as this config wants it")
    said = "there is no gRPC without TLS; its transport may be grpc-mtls"
    remedy = "say which transport its node has; take the same at both ends, and rather one with TLS"
    return Finding("plain_text", Status.WRONG, said, subject.peer, remedy)


@hookimpl
def register_probes() -> list[ProbeDescriptor]:
    """Return the probe of peers that prove nothing."""
    return [ProbeDescriptor("grpc-insecure", probe)]
