"""The reference wire: one call of gRPC for each message, as the reference system's nodes do it."""
