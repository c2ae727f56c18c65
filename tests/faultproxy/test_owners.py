"""A proxy in a thread, and as a program: it takes commands, and ends with its owner."""

from __future__ import annotations

import anyio
import pytest

from tests.children import child
from tests.faultproxy import UP, Fault, Kind, Proxy, in_thread, obey
from tests.faultproxy.test_proxy import line, read


class Heard(Proxy):
    """A proxy that notes its faults."""

    def __init__(self) -> None:
        super().__init__(1)
        self.faults: list[Fault] = []

    def strike(self, fault: Fault) -> None:
        self.faults.append(fault)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("strike cut", Fault(Kind.CUT)),
        ("strike stall 0.5 up after 20", Fault(Kind.STALL, 0.5, UP, 20)),
        ("prevail rate 1000 up", Fault(Kind.RATE, 1000.0, UP)),
    ],
)
def test_a_command_is_a_fault(command: str, fault: Fault) -> None:
    proxy = Heard()
    obey(proxy, command)
    assert proxy.faults == [fault]


@pytest.mark.parametrize(
    "command",
    ["", "strike", "strike thunder", "strike rate", "heal me", "strike cut 1 2 up", "stall"],
)
def test_what_is_no_command_is_refused(command: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        obey(Proxy(1), command)


async def test_in_a_thread_it_takes_commands_and_ends_with_its_block() -> None:
    async with line() as there:
        proxy = Proxy(there.proxy.far)
        with in_thread(proxy) as tell:
            near, far = await there.pair(proxy)
            await near.send(b"first")
            assert await read(far, 5) == b"first"
            tell("strike cut")
            with pytest.raises(anyio.BrokenResourceError):
                await far.receive()
            with pytest.raises(ValueError, match="no command"):
                tell("thunder")
        with pytest.raises(OSError, match="connect"):
            await anyio.connect_tcp("127.0.0.1", proxy.near)


async def test_as_a_program_it_prints_its_seed_and_ends_with_its_input(seed: int) -> None:
    async with line() as there:
        far = str(there.proxy.far)
        async with child("tests.faultproxy", "--to", far, "--seed", str(seed)) as program:
            assert f"seed={seed}" in await program.line()
            proxy = Proxy(0, near=int((await program.line()).split()[1]))
            near, end = await there.pair(proxy)
            await near.send(b"through a process")
            assert await read(end, 17) == b"through a process"
            await program.tell("thunder", "strike cut")
            assert (await program.line()).startswith("error: no command")
            assert "connection 0: cut" in await program.line()
            with pytest.raises(anyio.BrokenResourceError):
                await end.receive()
            assert await program.ends() == 0
