"""A party that is not ours (`tests.reference.peer`), as tests talk to it."""

from __future__ import annotations

import json
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs

from tests.children import Child, child

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.certificates.wallet import Wallet

ACTIVE, INACTIVE, COMPLETED = "", "0801", "0802"
"""The answers of the reference system as bytes: a field that is 0 is not written."""


def tag(session: int, sender: str, number: int) -> str:
    """The tag of a round, by the rules of bincode: little-endian, of fixed width."""
    name = sender.encode()
    low, high = session & (1 << 64) - 1, session >> 64
    return (struct.pack("<QQQ", low, high, len(name)) + name + struct.pack("<Q", number)).hex()


def health_tag(sender: str) -> str:
    """The tag of a health check."""
    name = sender.encode()
    return (struct.pack("<Q", len(name)) + name).hex()


@attrs.define
class Foreign:
    """The process, told in tables and heard in tables."""

    process: Child
    made: int = 0

    async def calls(self, *lines: dict[str, Any]) -> list[tuple[str, str]]:
        """Have a client make these calls at once; returns code and answer of each."""
        first, self.made = self.made, self.made + len(lines)
        await self.process.tell(*map(json.dumps, lines))
        ended = sorted([await self.heard() for _ in lines], key=lambda each: int(each["number"]))
        assert [each["number"] for each in ended] == list(range(first, self.made))
        return [(each["code"], each["answer"]) for each in ended]

    async def call(self, method: str, **line: Any) -> tuple[str, str]:
        """Have a client make one call."""
        (ended,) = await self.calls({"method": method, **line})
        return ended

    async def answer(self, *answers: str) -> None:
        """Tell a server what to answer to the next calls, once they are known there."""
        await self.process.tell(json.dumps({"answers": answers}))
        assert "told" in await self.heard()

    async def heard(self) -> dict[str, Any]:
        """Wait for what it says next."""
        line: dict[str, Any] = json.loads(await self.process.line())
        return line


def tls_of(wallet: Wallet | None, own: str | None, other: str) -> dict[str, str]:
    """What a party shows, or none, and whom it trusts; for parties that have TLS."""
    assert wallet is not None
    certificate = str(wallet.certificate(own)) if own else ""
    return {
        "certificate": certificate,
        "private_key": certificate.removesuffix(".crt") + ".key",
        "trusted": str(wallet.certificate(other)),
        "name": other,
    }


@asynccontextmanager
async def foreign(role: str, port: int, tls: dict[str, str] | None) -> AsyncIterator[Foreign]:
    """Run a client or a server, and wait until it is ready."""
    given = json.dumps({"role": role, "port": port, "tls": tls})
    async with child("tests.reference.peer", given) as process:
        party = Foreign(process)
        assert await party.heard() == {"ready": True}
        yield party
