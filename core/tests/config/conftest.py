"""Plugins with keys of their own, and a config that names them and is in order."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import attrs
import pytest

from partywire.delivery.limits import Between, Bytes, Seconds
from partywire.hookspecs import (
    AttesterDescriptor,
    RouterDescriptor,
    TransportDescriptor,
    VerifierDescriptor,
    hookimpl,
)
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen
class WireKeys:
    listen: str
    """Where others find us."""
    certificate: Path | None = None
    private_key: Annotated[str, "a note of somebody else"] = ""
    mode: Literal["plain", 7] = "plain"
    workers: Annotated[int, Between(1, 8)] = 2
    share: float = 0.5
    quick: bool = False
    chunk: Bytes = 4096
    pause: Seconds | None = None
    tags: tuple[str, ...] = ()
    names: dict[str, int] = attrs.field(factory=dict)


@attrs.frozen
class WirePeer:
    address: str
    certificate: Path | None = None


@attrs.frozen
class BareKeys:
    allow_insecure: bool = False


@attrs.frozen
class Release:
    name: str
    digests: list[str]


@attrs.frozen
class SealKeys:
    release: tuple[Release, ...] = ()
    pin_token: str = attrs.field(default="0000")
    depth: int = attrs.field(default=1, validator=attrs.validators.in_([1, 2]))

    @pin_token.validator
    def _four_digits(self, _: object, value: str) -> None:
        if len(value) != 4:
            raise ValueError(f"a pin has 4 digits, {value} has not")

    def __attrs_post_init__(self) -> None:
        if self.depth > len(self.release) + 1:
            raise ValueError(f"depth {self.depth} is more than the releases")


@attrs.frozen
class SealPeer:
    certificate: Path | None = None
    anchor: Literal["configured", "ca"] = "configured"


@attrs.frozen
class OathKeys:
    measure_config: bool = False


def opened(*_: object) -> NoReturn:
    raise AssertionError("a config opens nothing")


class Samples:
    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        who = frozenset({"who"})
        return [
            TransportDescriptor("wire", opened, WireKeys, WirePeer),
            TransportDescriptor("sure", opened, verifier=opened, proves=who),
            TransportDescriptor("vain", opened, proves=who),
            TransportDescriptor("bare", opened, BareKeys, insecure=True),
            TransportDescriptor("naked", opened, insecure=True),
        ]

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        return [
            VerifierDescriptor("seal", opened, frozenset({"who"}), SealKeys, SealPeer),
            VerifierDescriptor("code", opened, frozenset({"what", "when"})),
        ]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        return [AttesterDescriptor("oath", opened, OathKeys, measures="measure_config")]

    @hookimpl
    def register_routers(self) -> Sequence[RouterDescriptor]:
        return [RouterDescriptor("far", opened)]


CONTENT = {
    "party": {"id": "alice.example"},
    "transport": {"plugin": "wire", "listen": "0.0.0.0:7000", "certificate": "alice.crt"},
    "verifier": [{"plugin": "seal"}, {"plugin": "code"}],
    "peer": [
        {"id": "bob.example", "address": "bob:7000", "certificate": "bob.crt", "anchor": "ca"},
        {"id": "carol.example", "address": "carol:7000"},
    ],
}


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return Plugins([Samples()])


@pytest.fixture(scope="session")
def sound() -> dict[str, Any]:
    """A sound config; whoever changes it takes a copy."""
    return copy.deepcopy(CONTENT)


@pytest.fixture
def content() -> dict[str, Any]:
    return copy.deepcopy(CONTENT)
