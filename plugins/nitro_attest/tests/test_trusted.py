"""What the verifier says that it trusts: every key that decides, and none that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.delivery.limits import Limits
from partywire.hookspecs import Setting
from partywire_nitro_attest.config import NitroConfig
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.roots import AWS
from partywire_nitro_attest.trusted import trusted
from tests.certificates.building import make

from .enclaves import IMAGE, NOW, anchored, release

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "11" * 48, "22" * 48
OTHER = "ab" * 32
CONFIG = NitroConfig((release("an image"),))
PEER = NitroPeer(pcrs={"pcr3": ONE})


def lines(config: NitroConfig = CONFIG, **peers: NitroPeer) -> list[str]:
    return sorted(trusted(Setting("alice", config, peers or {"bob": PEER}, Limits())))


def test_the_lines_are_these() -> None:
    """A PCR follows from them, so they change with the format of the text alone."""
    measurements = " ".join(IMAGE[index].hex() for index in range(3))
    assert lines() == sorted(
        [
            f"release {measurements}",
            f"root {AWS}",
            "max_age 11100.0",
            "clock_skew 60.0",
            "unknown_fields ignore",
            "allow_debug false",
            "bob level bound",
            "bob anchor configured",
            f"bob pcr3 {ONE}",
        ]
    )


@pytest.mark.parametrize(
    "keys",
    [
        {"release": (release("an image"), release("former"))},
        {"release": (release("former"),)},
        {"max_age": 60.0},
        {"clock_skew": 0.0},
        {"unknown_fields": "refuse"},
        {"allow_debug": True},
        {"roots": (OTHER,)},
        {"development_root": OTHER},
        {"release": (attrs.evolve(release("an image"), pcr2=ONE),)},
    ],
    ids=str,
)
def test_every_key_of_the_verifier_counts(keys: dict[str, Any]) -> None:
    assert lines(NitroConfig(**{"release": CONFIG.release, **keys})) != lines()


@pytest.mark.parametrize(
    "peer",
    [
        NitroPeer(pcrs={"pcr3": ONE}, level="certificate"),
        NitroPeer(pcrs={"pcr3": ONE}, anchor="ca"),
        NitroPeer(pcrs={"pcr3": TWO}),
        NitroPeer(pcrs={"pcr3": [ONE, TWO]}),
        NitroPeer(pcrs={"pcr4": ONE}),
        NitroPeer(pcrs={"pcr3": ONE, "pcr17": TWO}),
        NitroPeer(),
    ],
    ids=str,
)
def test_every_key_of_a_peer_counts(peer: NitroPeer) -> None:
    assert lines(bob=peer) != lines()
    assert lines(bob=PEER, carol=peer) != lines(bob=peer, carol=PEER)


def test_a_party_certificate_counts_and_its_path_does_not(tmp_path: Path) -> None:
    held, other = make("bob", now=NOW), make("bob", now=NOW)
    places = [tmp_path / name for name in ("here", "there", "elsewhere")]
    for place in places:
        place.mkdir()
    here, there, elsewhere = [
        lines(bob=anchored(place, each))
        for place, each in zip(places, (held, held, other), strict=True)
    ]
    assert here == there
    assert here != elsewhere
    assert not any(str(tmp_path) in line for line in here)


def test_names_and_spelling_and_pins_of_pcr16_do_not_count() -> None:
    named = (attrs.evolve(release("an image"), name="2.0", pcr0=release("an image").pcr0.upper()),)
    assert lines(NitroConfig(named)) == lines()
    colons = ":".join(OTHER[at : at + 2] for at in range(0, 64, 2)).upper()
    spelt = [NitroConfig(CONFIG.release, roots=(root,)) for root in (OTHER, colons)]
    assert lines(spelt[0]) == lines(spelt[1])
    assert lines(bob=NitroPeer(pcrs={"pcr3": ONE, "pcr16": TWO})) == lines()
    assert lines(bob=NitroPeer(pcrs={"pcr3": [ONE], "pcr16": [ONE, TWO]})) == lines()


def test_the_order_of_releases_does_not_count() -> None:
    both = (release("an image"), release("former"))
    assert lines(NitroConfig(both)) == lines(NitroConfig(both[::-1]))
