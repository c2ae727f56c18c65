"""TLS 1.3 and nothing older, as far as gRPC lets us.

gRPC for Python has no switch for the least version of TLS. Its list of cipher suites concerns
versions up to 1.2 alone, so a suite that no certificate can go with leaves 1.3. It is read from an
environment variable when gRPC is imported.

So is how much gRPC's own code writes to standard error, past Python's logging: a line for each
handshake that fails, of strangers too. Unless the environment says otherwise, errors are left.
"""

import os
import sys
from typing import Final

VARIABLE: Final = "GRPC_SSL_CIPHER_SUITES"
VERBOSITY: Final = "GRPC_VERBOSITY"
UNUSABLE: Final = "ECDHE-PSK-CHACHA20-POLY1305"
"""Needs a key that both ends share beforehand, which nobody here has."""


def _switched_off() -> bool:
    if "grpc" not in sys.modules:
        os.environ[VARIABLE] = UNUSABLE
        os.environ.setdefault(VERBOSITY, "ERROR")
    return os.environ.get(VARIABLE) == UNUSABLE


SWITCHED_OFF: Final = _switched_off()
"""Whether gRPC offers no TLS 1.2; where not, it is refused at the first call only."""
