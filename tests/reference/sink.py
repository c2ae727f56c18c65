"""Our end in a process that answers when it is told to: ``python -m tests.reference.sink CONFIG``.

It says ``open``, and then a line for each value that has come in. At each line of its input it
answers those that wait, and it ends with its input.
"""

from __future__ import annotations

import json
import logging
import sys

import anyio
import anyio.to_thread

from tests.reference.ground import opened


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(config: str) -> None:
    async with opened(json.loads(config)) as ground, anyio.create_task_group() as group:
        ground.counter.held = anyio.Event()

        async def tell() -> None:
            """Say what has come in."""
            for count in range(1, 1_000):
                taken = (await ground.counter.taken.wait_for(count))[count - 1]
                say(str(taken.size))

        group.start_soon(tell)
        say("open")
        while await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            waiting, ground.counter.held = ground.counter.held, anyio.Event()
            waiting.set()
        group.cancel_scope.cancel()


if __name__ == "__main__":
    logging.getLogger("partywire").setLevel(logging.CRITICAL)
    anyio.run(main, sys.argv[1])
