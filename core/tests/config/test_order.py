"""In which order the verifiers of a config are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from partywire.config import load_config
from partywire.hookspecs import TransportDescriptor, VerifierDescriptor, hookimpl
from partywire.identity import KEY, WHAT, WHO, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.node.assembly import opened_verifiers
from partywire.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from partywire.setting import Setting

PROVES = {"house": {WHAT}, "face": {WHO}, "hand": {KEY}, "voice": {WHO, KEY}}


class Named(IdentityVerifier):
    def __init__(self, name: str) -> None:
        self.name = name

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected)


def opens(name: str) -> Callable[[Setting], IdentityVerifier]:
    return lambda _: Named(name)


def nowhere(_: Setting) -> NoReturn:
    raise AssertionError("nothing is connected")


class Several:
    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        return [
            VerifierDescriptor(name, opens(name), frozenset(proves))
            for name, proves in PROVES.items()
        ]

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        who, what = frozenset({WHO}), frozenset({WHAT})
        return [
            TransportDescriptor("wire", nowhere, verifier=opens("its own"), proves=who),
            TransportDescriptor("pipe", nowhere, verifier=opens("its own"), proves=what),
        ]


@pytest.mark.parametrize(
    ("transport", "who", "others"),
    [
        ("wire", ["face", "voice", "its own"], ["house", "hand"]),
        ("pipe", ["face", "voice"], ["house", "hand", "its own"]),
    ],
)
def test_who_is_there_is_asked_first(transport: str, who: list[str], others: list[str]) -> None:
    content = {
        "party": {"id": "alice"},
        "transport": {"plugin": transport},
        "verifier": [{"plugin": name} for name in PROVES],
        "peer": [{"id": "bob"}],
    }
    verifiers = opened_verifiers(load_config(content, Plugins([Several()])))
    assert names(verifiers.who) == who
    assert names(verifiers.others) == others
    assert names(verifiers.all) == who + others


def names(verifiers: Sequence[IdentityVerifier]) -> list[str]:
    return [each.name for each in verifiers if isinstance(each, Named)]
