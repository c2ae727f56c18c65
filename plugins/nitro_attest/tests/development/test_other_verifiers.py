"""Another verifier is asked about the same documents; the page in docs/ says where it differs."""

from __future__ import annotations

import base64
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from epsilon_verifier.verifier import verify_attestation

from partywire_nitro_attest.development import (
    Certified,
    DevelopmentModule,
    Making,
    measured,
)
from partywire_nitro_attest.development.defects import DEFECTS, VARIANTS
from tests.architecture.house import ROOT

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

PAGE = (ROOT / "docs/explanation/other-verifiers.md").read_text("utf-8")
ROWS = re.findall(r"^\| (?!accepted|sound)([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)
NAMES = [name for row in ROWS for name in row.split("; ")]


NOW = 1_782_779_620.0


class Stopped(datetime):
    """A clock that stands still: what is asked has no argument for the time."""

    @classmethod
    def now(cls, tz: tzinfo | None = UTC) -> Stopped:
        return cls.fromtimestamp(NOW, tz)


@pytest.fixture(scope="module")
def making(root: Certified) -> Making:
    module = DevelopmentModule(root, pcrs=measured("an image"), clock=lambda: NOW)
    return module.making(public_key=b"a key", user_data=b"data", nonce=b"nonce")


@pytest.fixture(scope="module")
def root_file(root: Certified, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("other") / "root.pem"
    file.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture(autouse=True)
def quiet_and_at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epsilon_verifier.verifier.datetime", Stopped)
    logging.getLogger("epsilon_verifier").setLevel(logging.CRITICAL + 1)


def accepted(document: bytes, root_file: Path) -> bool:
    text = base64.b64encode(document).decode()
    return bool(verify_attestation(text, aws_root_cert_path=str(root_file)).valid)


def test_the_page_names_each_document_once_and_only_such() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) <= DEFECTS.keys() | VARIANTS.keys()


@pytest.mark.parametrize("name", DEFECTS)
def test_it_accepts_the_defects_of_the_page_and_no_other(
    making: Making, root_file: Path, name: str
) -> None:
    assert accepted(DEFECTS[name](making), root_file) == (name in NAMES)


@pytest.mark.parametrize("name", VARIANTS)
def test_it_refuses_the_sound_ones_of_the_page_and_no_other(
    making: Making, root_file: Path, name: str
) -> None:
    assert accepted(VARIANTS[name](making), root_file) == (name not in NAMES)
