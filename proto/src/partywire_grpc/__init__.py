"""The wires of `partywire` over gRPC: what its gRPC transports have in common."""
