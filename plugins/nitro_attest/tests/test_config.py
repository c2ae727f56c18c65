"""The keys of the verifier, read as the core reads a config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.plugins import Plugins
from partywire_nitro_attest import AWS_ROOTS, Policy, Release, Roots, Trust
from partywire_nitro_attest.config import (
    NO_NAME,
    NO_OTHER_ROOTS,
    NO_RELEASE,
    NitroConfig,
)
from partywire_nitro_attest.roots import AWS, NO_AWS

if TYPE_CHECKING:
    from partywire_nitro_attest.peers import NitroPeer

ONE, TWO, THREE = ("1" * 96, "2" * 96, "ab" * 48)
RELEASE = {"name": "1.0", "pcr0": ONE, "pcr1": TWO, "pcr2": THREE}
COLONS = ":".join("AB" for _ in range(32))


def load(own: dict[str, Any] | None = None, **peer: Any) -> tuple[NitroConfig, NitroPeer]:
    content = {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "nitro"},
        "verifier": [{"plugin": "nitro", "release": [RELEASE], **(own or {})}],
        "peer": [{"id": "bob", **peer}],
    }
    chosen = load_config(content, Plugins()).verifiers[0]
    return chosen.config, chosen.peers["bob"]


def mistakes(own: dict[str, Any] | None = None, **peer: Any) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load(own, **peer)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_the_defaults_are_those_of_the_verifier() -> None:
    config, peer = load()
    assert config.trust() == Trust()
    assert config.trust().roots == AWS_ROOTS
    trusted = Release("1.0", *map(bytes.fromhex, (ONE, TWO, THREE)))
    assert config.policy(peer.pins(None)) == Policy((trusted,))


def test_every_key_is_taken() -> None:
    config, peer = load(
        {
            "max_age": "10min",
            "clock_skew": "5s",
            "unknown_fields": "refuse",
            "allow_debug": True,
            "roots": [COLONS, "cd" * 32],
        },
        pcrs={"pcr3": ONE, "pcr8": [TWO], "pcr16": [THREE, ONE], "pcr31": ONE},
    )
    assert config.trust() == Trust(
        Roots(frozenset({AWS, "ab" * 32, "cd" * 32})), 600.0, 5.0, True, True
    )
    assert dict(config.policy(peer.pins(None)).pins) == {
        3: (bytes.fromhex(ONE),),
        8: (bytes.fromhex(TWO),),
        16: (bytes.fromhex(THREE), bytes.fromhex(ONE)),
        31: (bytes.fromhex(ONE),),
    }


def test_a_development_root_stands_in_place_of_all_others() -> None:
    config, _ = load({"development_root": COLONS})
    assert config.trust().roots == Roots(frozenset({"ab" * 32}), development=True)


def test_a_development_root_stands_alone() -> None:
    found = mistakes({"development_root": COLONS, "roots": ["cd" * 32]})
    assert found == {"verifier[0].development_root": NO_OTHER_ROOTS}


@pytest.mark.parametrize("aws", [AWS, AWS.upper()])
def test_the_root_of_aws_is_no_development_root(aws: str) -> None:
    assert mistakes({"development_root": aws}) == {"verifier[0].development_root": NO_AWS}


def test_a_release_is_needed() -> None:
    assert mistakes({"release": []}) == {"verifier[0].release": NO_RELEASE}


def test_without_the_key_nobody_is_trusted_either() -> None:
    content = {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "nitro"},
        "verifier": [{"plugin": "nitro"}],
        "peer": [{"id": "bob"}],
    }
    with pytest.raises(ConfigInvalid, match=r"verifier\[0\]\.release: missing"):
        load_config(content, Plugins())


def test_the_zeros_of_debug_mode_are_a_mistake() -> None:
    zeros = dict.fromkeys(("pcr0", "pcr1", "pcr2"), "0" * 96)
    found = mistakes({"release": [RELEASE, {"name": "debug", **zeros}]})
    assert list(found) == ["verifier[0].release[1]"]
    assert "debug mode" in found["verifier[0].release[1]"]


@pytest.mark.parametrize(
    "pcr", ["", "1" * 95, "1" * 97, "g" * 96, "1" * 96 + "\n", "0x" + "1" * 94]
)
@pytest.mark.parametrize("key", ["pcr0", "pcr1", "pcr2"])
def test_a_pcr_is_96_digits(key: str, pcr: str) -> None:
    found = mistakes({"release": [{**RELEASE, key: pcr}]})
    assert found == {f"verifier[0].release[0].{key}": "a PCR is 96 hexadecimal digits"}


@pytest.mark.parametrize("name", ["1.0", "a", "an image, of May", "~" * 64])
def test_a_release_is_called_as_people_call_it(name: str) -> None:
    config, _ = load({"release": [{**RELEASE, "name": name}]})
    assert [each.name for each in config.release] == [name]


@pytest.mark.parametrize(
    "name",
    ["", " ", " 1.0", "1.0 ", "1" * 65, "1.0\n", "1\n0", "1\x1b[2J", "1\x7f", "1\u202e0", "\u00e9"],
)
def test_what_a_terminal_or_a_log_could_not_hold_is_no_name(name: str) -> None:
    found = mistakes({"release": [{**RELEASE, "name": name}]})
    assert found == {"verifier[0].release[0].name": NO_NAME}


@pytest.mark.parametrize("key", ["name", "pcr0", "pcr1", "pcr2"])
def test_a_release_is_whole(key: str) -> None:
    release = {name: value for name, value in RELEASE.items() if name != key}
    assert mistakes({"release": [release]}) == {f"verifier[0].release[0].{key}": "missing"}


@pytest.mark.parametrize("fingerprint", ["", "ab" * 31, "ab" * 33, "xy" * 32, COLONS + ":"])
def test_a_fingerprint_is_a_sha256(fingerprint: str) -> None:
    assert list(mistakes({"roots": [fingerprint]})) == ["verifier[0].roots"]
    assert list(mistakes({"development_root": fingerprint})) == ["verifier[0].development_root"]


@pytest.mark.parametrize(
    "pcrs",
    [
        {"pcr0": ONE},
        {"pcr5": ONE},
        {"pcr32": ONE},
        {"pcr08": ONE},
        {"PCR8": ONE},
        {"8": ONE},
        {"pcr8": "0" * 96},
        {"pcr8": "ab"},
        {"pcr8": ONE + "\n"},
        {"pcr16": []},
        {"pcr16": [ONE, "0" * 96]},
        {"pcr16": [ONE, "ab"]},
        {"pcr16": [ONE, 7]},
        {"pcr16": [ONE, TWO, THREE]},
        {"pcr16": [[ONE]]},
        {"pcr16": {"former": ONE}},
        {"pcr16": 16},
    ],
)
def test_a_pin_that_proves_nothing_is_a_mistake(pcrs: dict[str, Any]) -> None:
    assert list(mistakes(pcrs=pcrs)) == ["peer[0].pcrs"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_age", "0s"),
        ("max_age", "25h"),
        ("max_age", 60),
        ("clock_skew", "11min"),
        ("unknown_fields", "accept"),
        ("allow_debug", "no"),
        ("allow_debug", 1),
        ("roots", "ab" * 32),
        ("releases", []),
    ],
)
def test_other_values_and_keys_are_mistakes(key: str, value: object) -> None:
    assert list(mistakes({key: value})) == [f"verifier[0].{key}"]


def test_all_mistakes_are_told_at_once() -> None:
    own = {"release": [{**RELEASE, "pcr0": "1"}], "max_age": "0s", "colour": 1}
    assert set(mistakes(own, pcrs={"pcr1": ONE})) == {
        "verifier[0].release[0].pcr0",
        "verifier[0].max_age",
        "verifier[0].colour",
        "peer[0].pcrs",
    }
