"""Print what 1,000 messages cost, as JSON: ``python -m tests.costs``."""

from __future__ import annotations

import json
import sys

from tests.costs.counting import measured

if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(), indent=2) + "\n")
