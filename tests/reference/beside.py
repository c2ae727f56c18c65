"""Nodes of ours beside nodes that behave as the reference system's do (`tests.reference.node`)."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs

from tests.certificates.wallet import Wallet, common_wallet
from tests.children import Child, child
from tests.loopback import PLAIN, config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.loopback import Config

OURS = ("p1", "p2")
"""On the fast wire with each other."""
THEIRS = ("p3", "p4")
ALL = (*OURS, *THEIRS)


@attrs.define
class Careless:
    """A node of the reference system's kind, told what to do."""

    process: Child
    passed: list[dict[str, Any]] = attrs.field(factory=list)

    async def do(self, what: str, **line: Any) -> None:
        """Have it do something."""
        await self.process.tell(json.dumps({"do": what, **line}))

    async def told(self, what: str, **line: Any) -> None:
        """Have it do something, and wait until it says that it has."""
        await self.do(what, **line)
        word = {"open": "opened", "complete": "completed", "expire": "expired", "lose": "loses"}
        await self.until(word[what])

    async def until(self, key: str, value: object = None) -> dict[str, Any]:
        """Wait until it says that, and that value of it where one is given; all else is kept."""
        place = 0
        while True:
            if place == len(self.passed):
                self.passed.append(json.loads(await self.process.line()))
            if key in self.passed[place] and value in (None, self.passed[place][key]):
                return self.passed.pop(place)
            place += 1


@attrs.frozen
class Neighbours:
    """Where all four are."""

    fast: dict[str, int]
    single: dict[str, int]
    wallet: Wallet | None

    def config(self, party: str, *others: str, **tables: dict[str, Any]) -> Config:
        """The config of a node of ours, beside these others or all."""
        dialled = {each: self.fast[each] for each in others or ALL}
        config = config_of(party, self.fast[party], dialled, self.wallet or PLAIN, **tables)
        config["transport"]["reference_listen"] = f"127.0.0.1:{self.single[party]}"
        for peer in config["peer"]:
            if peer["id"] not in OURS:
                peer |= {"wire": "reference", "address": f"127.0.0.1:{self.single[peer['id']]}"}
        return config

    @asynccontextmanager
    async def careless(self, party: str, **given: Any) -> AsyncIterator[Careless]:
        """Run a node that is not ours, and wait until it listens."""
        argument = {
            "party": party,
            "port": self.single[party],
            "peers": {each: self.single[each] for each in ALL if each != party},
            "tls": self._tls(party),
            **given,
        }
        async with child("tests.reference.node", json.dumps(argument)) as process:
            node = Careless(process)
            await node.until("ready")
            yield node

    def _tls(self, party: str) -> dict[str, Any] | None:
        if self.wallet is None:
            return None
        files = {each: str(self.wallet.certificate(each)) for each in ALL}
        return {
            "certificate": files[party],
            "private_key": files[party].removesuffix(".crt") + ".key",
            "trusted": {each: file for each, file in files.items() if each != party},
        }


def neighbours(*, tls: bool) -> Neighbours:
    """A place for four that nobody else uses."""
    ports = free_ports(2 * len(ALL))
    fast = dict(zip(ALL, ports, strict=False))
    single = dict(zip(ALL, ports[len(ALL) :], strict=True))
    return Neighbours(fast, single, common_wallet(*ALL) if tls else None)
