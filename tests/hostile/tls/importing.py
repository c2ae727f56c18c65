"""A node that imports gRPC before or after the transport over TLS, and says what it logs.

Its arguments are the event loop, the module to import first, and its config as JSON. It says
``open`` when it is, and ends when its input does.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys


async def run(config: str) -> None:
    import anyio.to_thread

    from partywire import open_node

    async with open_node(json.loads(config)):
        sys.stdout.write("open\n")
        sys.stdout.flush()
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


def main(backend: str, first: str, config: str) -> None:
    importlib.import_module(first)
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    logging.getLogger("partywire").setLevel(logging.INFO)
    import anyio

    anyio.run(run, config, backend=backend)


if __name__ == "__main__":
    main(*sys.argv[1:])
