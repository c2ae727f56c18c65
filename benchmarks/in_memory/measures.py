"""What sending and receiving costs in memory, with nothing but this code and the event loop.

Both parties run in one event loop on one processor, so a figure counts both ends.
"""

import gc
import time
import tracemalloc

import anyio

from partywire import Node
from partywire_inmemory import network

PAYLOAD = bytes(64)
NO_DEADLINE = {"timing": "asynchronous"}


async def event_loop_floor(turns: int) -> float:
    """Return microseconds for two tasks to wake each other once, each by an `anyio.Event`.

    What a round trip is compared with. It is no lower bound: in asyncio, calls wait by futures.
    """
    mine, theirs = anyio.Event(), anyio.Event()

    async def answer() -> None:
        nonlocal theirs
        for _ in range(turns):
            await theirs.wait()
            theirs = anyio.Event()
            mine.set()

    start = time.perf_counter()
    async with anyio.create_task_group() as group:
        group.start_soon(answer)
        for _ in range(turns):
            theirs.set()
            await mine.wait()
            mine = anyio.Event()
    return (time.perf_counter() - start) / turns * 1e6


async def round_trip(turns: int) -> float:
    """Return microseconds for 64 bytes there and 64 back, one round each."""

    async def answer(node: Node) -> None:
        async with node.session("round trip") as session:
            for _ in range(turns):
                await session.receive("p1")
                await session.send("p1", PAYLOAD)
                session.next_round()

    seconds = 0.0
    async with network(2, session=NO_DEADLINE) as nodes, anyio.create_task_group() as group:
        group.start_soon(answer, nodes["p2"])
        async with nodes["p1"].session("round trip") as session:
            start = time.perf_counter()
            for _ in range(turns):
                await session.send("p2", PAYLOAD)
                await session.receive("p2")
                session.next_round()
            seconds = time.perf_counter() - start
    return seconds / turns * 1e6


async def one_way(messages: int, sessions: int = 1) -> float:
    """Return messages of 64 bytes a second, sent and received, over so many open sessions."""
    async with network(2, session=NO_DEADLINE) as nodes:
        ours = [nodes["p1"].session(number, labels=True) for number in range(sessions)]
        theirs = [nodes["p2"].session(number, labels=True) for number in range(sessions)]
        for session in (*ours, *theirs):
            await session.__aenter__()
        await anyio.wait_all_tasks_blocked()

        async def send() -> None:
            for number in range(messages):
                await ours[number % sessions].send("p2", PAYLOAD, label=1)

        gc.collect()
        start = time.perf_counter()
        async with anyio.create_task_group() as group:
            group.start_soon(send)
            for number in range(messages):
                await theirs[number % sessions].receive("p1", label=1)
        seconds = time.perf_counter() - start
        for session in (*ours, *theirs):
            await session.__aexit__(None, None, None)
        return messages / seconds


async def idle_session(sessions: int) -> float:
    """Return bytes that an idle session of four parties takes at each party."""
    async with network(4, session=NO_DEADLINE) as nodes:
        await _open_and_close(nodes["p1"], 1)
        gc.collect()
        tracemalloc.start()
        opened = []
        for node in nodes.values():
            for number in range(sessions):
                session = node.session(1_000_000 + number)
                await session.__aenter__()
                opened.append(session)
        await anyio.wait_all_tasks_blocked()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for session in opened:
            await session.__aexit__(None, None, None)
        return held / len(opened)


async def _open_and_close(node: Node, number: int) -> None:
    async with node.session(number):
        pass
