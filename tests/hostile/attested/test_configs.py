"""Configs that would let anybody in, or nobody: no node opens by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire import open_node
from partywire.errors import ConfigInvalid
from partywire_nitro_attest.roots import AWS
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hostile.attested.estate import Estate

Config = dict[str, Any]


def _nitro(config: Config) -> Config:
    found: Config = config["verifier"][1]
    return found


def _peer(config: Config, party: str) -> Config:
    (found,) = (peer for peer in config["peer"] if peer["id"] == party)
    assert isinstance(found, dict)
    return found


MISTAKES: dict[str, tuple[Callable[[Config], object], str]] = {
    "an empty trust list": (
        lambda config: _nitro(config).update(release=[]),
        r"release: no release is trusted",
    ),
    "no trust list": (lambda config: _nitro(config).pop("release"), r"release"),
    "debug mode as a release": (
        lambda config: _nitro(config)["release"].append(
            {"name": "any", **dict.fromkeys(("pcr0", "pcr1", "pcr2"), 96 * "0")}
        ),
        r"release.*zeros of debug mode",
    ),
    "nobody proves who it is": (lambda config: config["verifier"].pop(0), r"verifier.*who"),
    "nobody proves the key": (
        lambda config: config["verifier"].pop(),
        r"anchor \(erin\): no other verifier of this config proves whose the key is",
    ),
    "roots of AWS beside those of development": (
        lambda config: _nitro(config).update(roots=[32 * "ab"]),
        r"development_root: beside a development_root no other root is trusted",
    ),
    "the root of AWS as one of development": (
        lambda config: _nitro(config).update(development_root=AWS),
        r"development_root: this is the root of AWS itself",
    ),
    "the reference wire beside proofs": (
        lambda config: _peer(config, "bob").update(wire="reference"),
        r"level \(bob\): the reference wire has no hello",
    ),
    "by attestation of nobody": (
        lambda config: _peer(config, "erin").pop("party_certificate"),
        r"party_certificate \(erin\): missing",
    ),
    "a party certificate of two parties": (
        lambda config: _peer(config, "carol").update(
            party_certificate=_peer(config, "erin")["party_certificate"]
        ),
        r"party_certificate \(carol\): its key is that of erin too",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
async def test_no_node_opens_by_a_config_that_proves_less_than_it_says(
    name: str, estate: Estate
) -> None:
    odd, words = MISTAKES[name]
    bound = attrs.evolve(estate, level="bound")
    ports = dict(zip(estate.peers, free_ports(len(estate.peers)), strict=True))
    config = config_of("alice", ports["alice"], ports, bound, **bound.own("alice"))
    odd(config)
    with pytest.raises(ConfigInvalid, match=words):
        async with open_node(config):
            pytest.fail("it opened")
