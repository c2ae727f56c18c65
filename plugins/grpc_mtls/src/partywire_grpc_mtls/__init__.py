"""`partywire` over gRPC and mutual TLS."""

from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer

__all__ = ["MtlsConfig", "MtlsPeer"]
