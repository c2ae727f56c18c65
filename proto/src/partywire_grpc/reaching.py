"""Whether somebody is at an address: the first questions of every probe over gRPC."""

import errno
import os
from contextlib import suppress
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
import attrs

from partywire.errors import outside_text
from partywire.probing import Finding, Found, Status, Subject
from partywire_grpc.addresses import Address
from partywire_grpc.bridge import opened_bridge
from partywire_grpc.listening import obstacle_at
from partywire_grpc.names import addresses_of

PATIENCE: Final = 5.0
"""Seconds that one question may take."""

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client begins, with a frame of no settings (RFC 9113, section 3.4)."""
_SETTINGS: Final = b"\x04"
"""The type of a server's first frame, in its fourth byte."""
_HEAD: Final = 9
"""Bytes of the head of a frame."""
_SWALLOWED: Final = frozenset({errno.ETIMEDOUT, errno.EHOSTUNREACH})


async def reach(subject: Subject, address: Address, found: Found) -> bool:
    """Look up the name of an address, and connect to its port; tell whether that worked.

    Nothing is sent. It takes `PATIENCE` for the name, and as long for each address that it has.
    """
    hosts = await _resolved(subject, address, found)
    return bool(hosts) and await _answers(subject, address, hosts, found)


async def listens(subject: Subject, address: Address, found: Found) -> bool:
    """Tell whether somebody listens where the party's own node should; that may not run now."""
    problem = await _tried(address.on_this_machine)
    if problem is None:
        return True
    obstacle = await anyio.to_thread.run_sync(obstacle_at, address, abandon_on_cancel=True)
    if obstacle is not None:
        said = f"this node cannot listen at {address}: {obstacle.said}"
        found(Finding("listening", Status.WRONG, said, subject.peer, obstacle.remedy))
        return False
    said = f"nobody listens at {address}: this node does not run, and no peer can reach it"
    found(Finding("listening", Status.WARNING, said, subject.peer, "start the node"))
    return False


def corrected(subject: Subject) -> str:
    """Return what this party has to do where the address of a peer is wrong in its config."""
    return f"{subject.setting.party} has to correct the address of {subject.peer}"


async def speaks_plainly(address: Address) -> bool:
    """Tell whether a server answers HTTP/2 without TLS; it is given `PATIENCE`, and no call."""
    came = b""
    with suppress(OSError, anyio.EndOfStream, anyio.BrokenResourceError):
        with anyio.move_on_after(PATIENCE):
            async with await anyio.connect_tcp(address.host, address.port) as stream:
                await stream.send(_PREFACE)
                while len(came) < _HEAD:
                    came += await stream.receive(_HEAD)
    return came[3:4] == _SETTINGS


async def _resolved(subject: Subject, address: Address, found: Found) -> list[str]:
    """Return the IP addresses that a host has, at most `MOST`; none where it is a finding."""
    who = subject.setting.party
    mend = f"correct the address of {subject.peer}, or have the name entered where it is looked up"
    try:
        with anyio.fail_after(PATIENCE):
            async with opened_bridge() as bridge:
                hosts: list[str] = await bridge.run(partial(addresses_of, address))
    except TimeoutError:
        said = f"the look-up of {address.host} took more than {PATIENCE:.0f} s"
        found(Finding("name", Status.WRONG, said, who, "mend the name service of this machine"))
        return []
    except OSError:
        said = f"no address is known for {address.host}"
        found(Finding("name", Status.WRONG, said, who, mend))
        return []
    found(Finding("name", Status.OK, ", ".join(hosts)))
    return hosts


async def _answers(subject: Subject, address: Address, hosts: list[str], found: Found) -> bool:
    problems = {}
    for host in hosts:
        problem = await _tried(attrs.evolve(address, host=host))
        if problem is None:
            found(Finding("port", Status.OK, f"{host} answers at port {address.port}"))
            return True
        problems[host] = problem
    said = "; ".join(f"{host}: {_in_words(problem)}" for host, problem in problems.items())
    if any(
        isinstance(each, TimeoutError) or each.errno in _SWALLOWED for each in problems.values()
    ):
        remedy = f"open port {address.port} to us, as something on the way lets nothing through"
    else:
        remedy = "start its node"
    remedy += f", or {corrected(subject)}"
    found(Finding("port", Status.WRONG, said, subject.peer, remedy))
    return False


async def _tried(address: Address) -> OSError | None:
    """Connect, and return why that failed; a `TimeoutError` is one without a number."""
    try:
        with anyio.fail_after(PATIENCE):
            stream = await anyio.connect_tcp(address.host, address.port)
    except OSError as error:
        return error.__cause__ if isinstance(error.__cause__, OSError) else error
    await anyio.aclose_forcefully(stream)
    return None


def _in_words(problem: OSError) -> str:
    if problem.errno:
        return os.strerror(problem.errno)
    if isinstance(problem, TimeoutError):
        return f"no answer within {PATIENCE:.0f} s"
    return outside_text(str(problem))
