"""What the doctor says of each mistake is what the page of the docs says that it says."""

from __future__ import annotations

import os
import time
from itertools import chain
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire import diagnose
from partywire.probing import Status
from tests.certificates.town import Town, town

from .mistakes import MISTAKES
from .page import rows, write, written
from .places import Place

if TYPE_CHECKING:
    from pathlib import Path

    from partywire import Diagnosis
    from partywire.probing import Finding

WARNINGS = {
    "ends soon",
    "another roster",
    "a clock that is off",
    "no TLS at either end",
    "no enclave",
    "our own release is not trusted here",
    "our own ends soon",
    "our node does not run",
}
"""Mistakes with which messages go through, or may."""


@pytest.fixture(scope="module")
def parties() -> Town:
    return town(time.time())


async def answers(name: str, folder: Path, parties: Town) -> tuple[Diagnosis, tuple[Finding, ...]]:
    """What is found, in all and of whom the mistake is about."""
    mistake = MISTAKES[name]
    with anyio.fail_after(40):
        async with mistake.stage(Place.of(folder, parties)) as config:
            diagnosis = await diagnose(config)
    return diagnosis, {diagnosis.party: diagnosis.own, **diagnosis.peers}[mistake.party]


@pytest.mark.parametrize("name", MISTAKES)
async def test_a_mistake_is_answered_as_the_page_says(
    name: str, tmp_path: Path, parties: Town
) -> None:
    diagnosis, found = await answers(name, tmp_path, parties)
    everything = [*diagnosis.own, *chain.from_iterable(diagnosis.peers.values())]
    said = rows(name, found)
    if os.environ.get("DOCTOR_ANSWERS") == "write":
        write([(written() | {name: said}).get(each, []) for each in MISTAKES])
    assert said, "it was not noticed"
    worst = Status.WARNING if name in WARNINGS else Status.WRONG
    assert worst in {each.status for each in found}
    assert diagnosis.well == all(each.status is not Status.WRONG for each in everything)
    assert written().get(name) == said, "write the page by: make answers"


def test_the_page_has_these_mistakes_and_no_others() -> None:
    assert list(written()) == list(MISTAKES)
