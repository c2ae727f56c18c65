"""A check of user data is found by the name that it is installed under, or the config is wrong."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Protocol

import attrs
import pytest

from partywire_nitro_attest import Policy, Refusal, Refused, Trust, judge_document, judge_policy
from partywire_nitro_attest.config import NitroConfig, NitroRelease
from partywire_nitro_attest.development import DevelopmentModule, measured
from partywire_nitro_attest.user_data import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = """
def check(user_data):
    if user_data != b"ready":
        raise ValueError("the enclave is not ready")

async def later(user_data): ...

class Check:
    def __init__(self, user_data): ...

number = 7
"""
RELEASE = NitroRelease("1.0", *(measured("an image")[index].hex() for index in range(3)))


class Install(Protocol):
    """Puts a distribution with checks on the path."""

    def __call__(
        self, name: str, entries: dict[str, str], module: str = "", version: str = "1.0"
    ) -> None: ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    known = set(sys.modules)
    places = itertools.count()

    def install(name: str, entries: dict[str, str], module: str = "", version: str = "1.0") -> None:
        place = tmp_path / str(next(places))
        info = place / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{entry} = {value}" for entry, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
        if module:
            (place / f"{module}.py").write_text(SOURCE)
        monkeypatch.syspath_prepend(place)

    yield install
    for module in set(sys.modules) - known:
        del sys.modules[module]


def config(name: str) -> NitroConfig:
    return NitroConfig((RELEASE,), user_data_check=name)


def problem(name: str) -> str:
    with pytest.raises(ValueError, match=r".+") as caught:
        config(name)
    words, key = caught.value.args
    assert key is attrs.fields(NitroConfig).user_data_check
    return str(words)


def policy(name: str) -> Policy:
    return config(name).policy({})


def test_a_document_is_held_to_the_check_that_the_config_names(
    install: Install, module: DevelopmentModule, trust: Trust, now: float
) -> None:
    install("readiness", {"ready": "their_check:check"}, "their_check")
    asked = policy("ready")
    sound, other = (
        judge_document(module.attest(public_key=b"key", user_data=data), now=now, trust=trust)
        for data in (b"ready", b"not yet")
    )
    found = judge_policy(sound, asked, public_key=b"key")
    assert found is not None
    assert found.name == "1.0"
    with pytest.raises(Refused, match="the enclave is not ready") as caught:
        judge_policy(other, asked, public_key=b"key")
    assert caught.value.refusal is Refusal.USER_DATA


def test_without_a_name_nothing_is_asked() -> None:
    assert NitroConfig((RELEASE,)).policy({}).check_user_data is None


def test_a_name_that_nobody_has_is_told_beside_those_that_there_are(install: Install) -> None:
    assert problem("ready").endswith("there is none")
    install("readiness", {"ready": "their_check:check", "steady": "their_check:check"})
    assert problem("go").endswith("there is ready, steady")


def test_a_name_that_two_have_is_told_with_both(install: Install) -> None:
    install("readiness", {"ready": "their_check:check"}, "their_check")
    install("other", {"ready": "other_check:check"})
    found = problem("ready")
    assert "more than one distribution" in found
    assert "other (other_check:check), readiness (their_check:check)" in found


def test_one_distribution_that_is_found_twice_is_one(install: Install) -> None:
    for version in ("1.0", "1.1"):
        install("readiness", {"ready": "their_check:check"}, "their_check", version)
    assert policy("ready").check_user_data is not None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("their_check:absent", "cannot be imported: AttributeError"),
        ("no_such_module:check", "cannot be imported: ModuleNotFoundError"),
        ("their_check:number", "no plain function"),
        ("their_check:later", "no plain function"),
        ("their_check:Check", "no plain function"),
    ],
)
def test_what_is_no_check_is_told(install: Install, value: str, said: str) -> None:
    install("readiness", {"ready": value}, "their_check")
    assert said in problem("ready")
