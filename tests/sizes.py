"""How much is tried: a bounded part in every run, all of it with ``make recovery``."""

from __future__ import annotations

import os
from typing import Final

FULL: Final = os.environ.get("RECOVERY") == "full"
MESSAGES: Final = 100_000 if FULL else 10_000
"""Numbered messages among four parties, on each event loop."""
OUTAGE: Final = 30.0 if FULL else 2.0
"""Seconds for which a peer is out of reach."""
PATIENCE: Final = 280.0 if FULL else 50.0
"""Seconds after which a test is stuck."""
