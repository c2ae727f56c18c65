"""`partywire` over gRPC and mutual TLS.

Where this is imported before gRPC is, gRPC offers no TLS 1.2 in this process.
"""

import partywire_grpc_mtls.tls13  # noqa: F401  (before anything here imports gRPC)
from partywire_grpc_mtls.config import MtlsConfig, MtlsPeer

__all__ = ["MtlsConfig", "MtlsPeer"]
