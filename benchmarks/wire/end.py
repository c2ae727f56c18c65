"""One end of a contender's link, as a process.

Its arguments are NAME SIDE MINE THEIRS WALLET WORKLOADS, and the workloads are JSON. The end that
measures prints the figures as JSON, in its last line.
"""

import asyncio
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.wire import workloads
from benchmarks.wire.contenders import CONTENDERS
from benchmarks.wire.link import Contender, End
from benchmarks.wire.workloads import Workload


async def run(contender: Contender, end: End, work: Sequence[Workload]) -> None:
    """Open the link and do this end's part."""
    async with contender.opened(end) as link:
        if end.measures:
            print(json.dumps(await workloads.measure(link, work)))
        else:
            await workloads.answer(link, work)


def main(name: str, side: str, mine: str, theirs: str, wallet: str, work: str) -> None:
    """Run on the contender's event loop."""
    warnings.simplefilter("ignore")
    contender = CONTENDERS[name]
    end = End(side == "measures", int(mine), int(theirs), Path(wallet))
    factory = uvloop.new_event_loop if contender.loop == "uvloop" else asyncio.SelectorEventLoop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(run(contender, end, [Workload(**each) for each in json.loads(work)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
