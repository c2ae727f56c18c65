"""Two processes exchange one value each way at once: ``python -m tests.large MIB``.

Prints what each saw, as JSON. `make test` does it with less than a GiB.
"""

from __future__ import annotations

import json
import sys

import anyio

from tests.large.pair import exchanged

if __name__ == "__main__":
    sys.stdout.write(json.dumps(anyio.run(exchanged, int(sys.argv[1])), indent=2) + "\n")
