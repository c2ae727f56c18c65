"""The fault proxy as a program: ``python -m tests.faultproxy --to PORT``.

It says where it listens, then each fault, and takes commands from its input; see `commands`. It
ends when its input does, so with its owner.
"""

from __future__ import annotations

import argparse
import random
import sys

import anyio
import anyio.to_thread

from tests.faultproxy.chance import EVERY, KINDS, Chances
from tests.faultproxy.commands import obey
from tests.faultproxy.faults import Kind
from tests.faultproxy.proxy import Proxy

LONGEST_LINE = 200
"""Characters of a command, at most."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def serve(proxy: Proxy) -> None:
    """Run until the input ends."""
    async with proxy.running():
        say(f"listening {proxy.near}")
        while line := await anyio.to_thread.run_sync(sys.stdin.readline, LONGEST_LINE):
            try:
                obey(proxy, line)
            except ValueError as error:
                say(f"error: {error}")
            else:
                say("done")


def main() -> None:
    """Read the arguments, and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.faultproxy", description=__doc__)
    parser.add_argument("--to", type=int, required=True, help="the port that is dialled")
    parser.add_argument("--at", type=int, default=0, help="the port to listen at; else a free one")
    parser.add_argument("--chance", action="store_true", help="let faults strike by chance too")
    parser.add_argument("--seed", type=int, help="of these; else a new one")
    parser.add_argument("--every", type=int, default=EVERY, help="bytes between two")
    parser.add_argument("--kind", type=Kind, action="append", choices=Kind, help="only these")
    given = parser.parse_args()
    chances = None
    if given.chance or given.seed is not None:
        seed = random.SystemRandom().getrandbits(32) if given.seed is None else given.seed
        kinds = dict.fromkeys(given.kind, 1) if given.kind else KINDS
        chances = Chances(seed, given.every, kinds)
    anyio.run(serve, Proxy(given.to, near=given.at, chances=chances, say=say))


if __name__ == "__main__":
    main()
