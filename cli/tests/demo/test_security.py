"""What the demo's processes are started with, and who can read it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from partywire.config import load_config
from partywire.plugins import Plugins
from partywire_cli.demo.deployment import Deployment
from partywire_cli.demo.security import MUTUAL_TLS, SECURITIES, Security

if TYPE_CHECKING:
    from pathlib import Path

HOSPITALS = ("north", "south", "east", "west")


@pytest.mark.parametrize("security", SECURITIES.values(), ids=SECURITIES)
def test_configs_are_in_order_each_time_ports_are_chosen(
    security: Security, tmp_path: Path
) -> None:
    deployment = Deployment(HOSPITALS, security=security)
    deployment.equip(tmp_path)
    for _ in range(2):
        for party, file in deployment.write(tmp_path).items():
            config = load_config(file, Plugins())
            assert config.party == party
            assert sorted((party, *config.peers)) == sorted(HOSPITALS)
            assert config.transport.descriptor.name == security.plugin


def test_keys_are_for_their_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    fingerprints = MUTUAL_TLS.equip(HOSPITALS, tmp_path)
    assert list(fingerprints) == list(HOSPITALS)
    keys = {party: tmp_path / f"{party}.key" for party in HOSPITALS}
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys.values())
    assert len({key.read_bytes() for key in keys.values()}) == len(HOSPITALS)
    with pytest.raises(FileExistsError):
        MUTUAL_TLS.equip(["south"], tmp_path)
