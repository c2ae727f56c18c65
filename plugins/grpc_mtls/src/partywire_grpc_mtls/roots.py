"""Whose certificates the server lets finish a handshake; who they are is judged afterwards."""

import ssl
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import attrs
import grpc

from partywire.identity import Credentials
from partywire_grpc.certificates.peers import MAX_GENERATIONS
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import is_signed_by
from partywire_grpc.options import spare_descriptors

TRIES: Final = 2
"""How often a server has to fail before its certificate is at fault, and no want of the moment."""
_KEPT: Final[deque[grpc.ServerCredentials]] = deque(maxlen=256)


@attrs.frozen
class Roots:
    """Certificates in PEM that a handshake may end in. Unchangeable; each change is a new one.

    Attributes:
        anchors: what the config names, by party.
        leaves: what was shown and judged, by party; the newest last.
    """

    throwaway: bytes = attrs.field(repr=False)
    anchors: dict[str, tuple[bytes, ...]] = attrs.field(factory=dict, repr=False)
    leaves: dict[str, tuple[bytes, ...]] = attrs.field(factory=dict, repr=False)

    def knows(self, party: str, leaf: bytes) -> bool:
        """Tell whether that certificate of a party is among the roots."""
        return leaf in (*self.anchors.get(party, ()), *self.leaves.get(party, ()))

    def covers(self, party: str, leaf: Leaf) -> bool:
        """Tell whether a handshake by that certificate of a party ends already."""
        if self.knows(party, pem(leaf.der)):
            return True
        for anchor in self.anchors.get(party, ()):
            (known,) = read_leaves(anchor, party)
            if known.is_ca and is_signed_by(leaf, known):
                return True
        return False

    def admitted(self, party: str, leaf: bytes) -> "Roots":
        """Return these with a party's newest certificate, and without its third-newest."""
        older = [known for known in self.leaves.get(party, ()) if known != leaf]
        kept = (*older, leaf)[-MAX_GENERATIONS:]
        return attrs.evolve(self, leaves={**self.leaves, party: kept})

    def bundle(self) -> bytes:
        """Return all of them in one text; one that nobody holds the key of stands first."""
        return b"".join((self.throwaway, *_all(self.anchors), *_all(self.leaves)))


def stands_alone(leaf: bytes, own: Credentials) -> bool:
    """Tell whether gRPC takes a certificate, in PEM, as its only root.

    One that it does not take would make it drop all roots that follow (seen with grpcio 1.85).
    Raises `OSError` where that cannot be tried, for want of descriptors. Blocks for some
    milliseconds.
    """
    for _ in range(TRIES):
        spare_descriptors()
        if _starts(server_configuration(own, leaf)):
            return True
    return False


def pem(leaf: bytes) -> bytes:
    """Return a certificate, given in DER, in PEM; one certificate has one text."""
    return ssl.DER_cert_to_PEM_cert(leaf).encode()


def server_configuration(own: Credentials, roots: bytes) -> grpc.ServerCertificateConfiguration:
    """Return what the handshakes of a server go by; gRPC takes it over, so it is given once."""
    return grpc.ssl_server_certificate_configuration(
        [(own.private_key, own.certificates)], root_certificates=roots
    )


def server_credentials(
    first: grpc.ServerCertificateConfiguration,
    fetch: Callable[[], grpc.ServerCertificateConfiguration | None],
) -> grpc.ServerCredentials:
    """Return credentials by which handshakes go by what ``fetch`` returned last; None: no change.

    A configuration is returned once, since gRPC frees it. The credentials are kept for a while:
    gRPC's core has no reference of its own to what it calls, and may call it once more where a
    connection comes in while its server ends.
    """
    made = grpc.dynamic_ssl_server_credentials(
        first,
        fetch,  # type: ignore[arg-type]  # None is what the documentation of gRPC asks for
        require_client_authentication=True,
    )
    _KEPT.append(made)
    return made


def _starts(given: grpc.ServerCertificateConfiguration) -> bool:
    """Tell whether a server with that listens at a free port of this machine, for a moment.

    It has to start, since one that never did keeps its port and its memory for ever.
    """
    credentials = server_credentials(given, lambda: None)
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        try:
            server.add_secure_port("127.0.0.1:0", credentials)
        except RuntimeError:
            return False
        finally:
            server.start()
            server.stop(None).wait()
    return True


def _all(by_party: dict[str, tuple[bytes, ...]]) -> Iterable[bytes]:
    return (known for several in by_party.values() for known in several)
