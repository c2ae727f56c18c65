"""What the verifier ``nitro`` says that it trusts keeps its contract."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.testing import TrustedCase, TrustedContract
from partywire_nitro_attest.user_data import GROUP
from tests.certificates.building import make

from .enclaves import release
from .test_plugin import anchored, content, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Content = dict[str, Any]
ONE, TWO = "11" * 48, "22" * 48
OTHER_ROOT = "ab" * 32
CHECK = "nothing_is_wrong"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[None]:
    """A check of user data that can be named."""
    info = tmp_path / "checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: checks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{CHECK} = {CHECK}:check\n")
    (tmp_path / f"{CHECK}.py").write_text("def check(user_data):\n    pass\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        yield
    sys.modules.pop(CHECK, None)


class TestNitro(TrustedContract):
    name = "nitro"
    here: str
    there: str
    other: str

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path, installed: None) -> None:
        held, other = make("carol", now=time.time()), make("carol", now=time.time())
        self.here = written(tmp_path, held, name="carol.crt")
        self.there = written(tmp_path, held, name="her.crt")
        self.other = written(tmp_path, other, name="other.crt")

    def content(self, bob: Content | None = None, carol: Content | None = None, **own: Any) -> Any:
        pinned = {"id": "bob", "level": "certificate", "pcrs": {"pcr3": ONE, "pcr16": ONE}}
        peers = ({**pinned, **(bob or {})}, {**anchored("carol", self.here), **(carol or {})})
        releases = [attrs.asdict(release(name)) for name in ("former", "an image")]
        return content(*peers, **{"release": releases, **own})

    def case(self) -> TrustedCase:
        return TrustedCase(self.content(), self.same(), self.others())

    def same(self) -> dict[str, Content]:
        former, image = (attrs.asdict(release(name)) for name in ("former", "an image"))
        return {
            "where a party certificate is": self.content(carol={"party_certificate": self.there}),
            "the names of releases": self.content(
                release=[{**former, "name": "0.9"}, {**image, "name": "1.0"}]
            ),
            "the order of releases": self.content(release=[image, former]),
            "the spelling of a PCR": self.content(
                release=[former, {**image, "pcr0": image["pcr0"].upper()}]
            ),
            "the pin that the text itself changes": self.content({"pcrs": {"pcr3": ONE}}),
            "the wire, which the transport says": self.content({"wire": "reference"}),
        }

    def others(self) -> dict[str, Content]:
        former, image = (attrs.asdict(release(name)) for name in ("former", "an image"))
        found: dict[str, Content] = {
            "fewer releases": {"release": [image]},
            "a release with another PCR": {"release": [former, {**image, "pcr2": ONE}]},
            "documents as old": {"max_age": "60s"},
            "clocks as wrong": {"clock_skew": "0s"},
            "fields that nobody knows": {"unknown_fields": "refuse"},
            "debug mode": {"allow_debug": True},
            "one more root": {"roots": [OTHER_ROOT]},
            "the root of a development module": {"development_root": OTHER_ROOT},
            "a check of user data": {"user_data_check": CHECK},
        }
        return {
            **{what: self.content(**keys) for what, keys in found.items()},
            "the level": self.content({"level": "bound"}),
            "who says whose the key is": self.content({"anchor": "ca"}),
            "a pin": self.content({"pcrs": {"pcr3": TWO}}),
            "a pin of another PCR": self.content({"pcrs": {"pcr4": ONE}}),
            "a party certificate": self.content(carol={"party_certificate": self.other}),
        }
