"""What ``doctor`` asks of peers without TLS: whether somebody is there at all."""

from partywire.hookspecs import ProbeDescriptor, hookimpl
from partywire.probing import Finding, Found, Status, Subject
from partywire_grpc.addresses import parse_address
from partywire_grpc.reaching import listens, reach


async def probe(subject: Subject, found: Found) -> None:
    """Look for a peer at its address, or for the party's own node at its own."""
    if subject.is_own:
        address = parse_address(subject.setting.config.listen)
        if await listens(subject, address, found):
            said = f"somebody listens at {address}; who, nothing proves"
            found(Finding("listening", Status.OK, said))
        return
    await reach(subject, parse_address(subject.setting.peers[subject.peer].address), found)


@hookimpl
def register_probes() -> list[ProbeDescriptor]:
    """Return the probe of peers that prove nothing."""
    return [ProbeDescriptor("grpc-insecure", probe)]
