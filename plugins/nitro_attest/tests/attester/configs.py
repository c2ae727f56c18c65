"""Configs of both attesters, with files, and what is wrong with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from partywire import check_config
from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.plugins import Plugins
from partywire_grpc.certificates.making import authority, self_signed
from partywire_nitro_attest.development import new_root
from partywire_nitro_attest.development.root_file import root_in_pem

from .parties import ALICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from partywire.hookspecs import AttesterDescriptor, Setting

NOW = time.time()
ROOT = new_root(NOW)
CA = authority(ALICE, now=NOW)
OWN = self_signed(ALICE, now=NOW)


class Files:
    """A party's own files in a folder, and its config."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self.private("root.pem", root_in_pem(ROOT))
        self.full_auto: dict[str, Any] = {
            "mode": "full-auto",
            "ca_certificate": self.private("ca.crt", CA.certificate_pem),
            "ca_key": self.private("ca.key", CA.key_pem),
        }
        self.semi_auto: dict[str, Any] = {
            "mode": "semi-auto",
            "party_certificate": self.private("party.crt", OWN.certificate_pem),
        }
        self.development = {"plugin": "nitro-development", "root": self.root, "image": "one"}

    def private(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return str(path)


def config(attester: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "party": {"id": ALICE},
        "transport": {"plugin": "inmemory", "network": "attesters"},
        "attester": dict(attester),
        "peer": [{"id": "bob.example"}],
    }


def chosen(attester: Mapping[str, Any]) -> tuple[AttesterDescriptor, Setting]:
    found = load_config(config(attester), Plugins())
    assert found.attester is not None
    return found.attester.descriptor, found.setting(found.attester)


def mistakes(attester: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as raised:
        chosen(attester)
    return {each.key: each.problem for each in raised.value.mistakes}


def remarks(attester: Mapping[str, Any]) -> tuple[str, ...]:
    return check_config(config(attester)).remarks


async def refused(attester: Mapping[str, Any]) -> dict[str, str]:
    descriptor, setting = chosen(attester)
    with pytest.raises(ConfigInvalid) as raised:
        async with descriptor.open(setting):
            pass
    return {each.key: each.problem for each in raised.value.mistakes}
