"""`partywire` over gRPC without TLS: for tests on one machine."""

from partywire_grpc_insecure.config import InsecureConfig, InsecurePeer

__all__ = ["InsecureConfig", "InsecurePeer"]
