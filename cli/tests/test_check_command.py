"""``partywire check``: a config is judged without a connection to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire_cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from .conftest import Install

SOUND = """
[party]
id = "alice"
[transport]
plugin = "inmemory"
network = "office"
[[peer]]
id = "bob"
[[peer]]
id = "carol"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alice.toml"
    path.write_text(SOUND)
    return path


def check(file: Path) -> Result:
    return CliRunner().invoke(main, ["check", str(file)])


def test_what_is_in_order_is_told(file: Path) -> None:
    result = check(file)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{file} is in order, as far as can be seen without a connection",
        "party      alice",
        "transport  inmemory",
        "verifiers  that of the transport itself",
        "peers      bob, carol",
    ]


def test_every_mistake_is_told_at_once(file: Path) -> None:
    file.write_text(SOUND.replace("carol", "Carol").replace("network", "netwrk"))
    result = check(file)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {file}: 3 mistakes\n")
    for key in ("transport.netwrk: unknown key", "transport.network: missing", "peer[1].id: "):
        assert f"\n  {key}" in result.output


def test_an_insecure_one_is_told_apart(file: Path) -> None:
    transport = 'plugin = "grpc-insecure"\nlisten = "127.0.0.1:7001"\nallow_insecure = true'
    text = SOUND.replace('plugin = "inmemory"\nnetwork = "office"', transport)
    for party, port in (("bob", 7002), ("carol", 7003)):
        text = text.replace(f'"{party}"', f'"{party}"\naddress = "127.0.0.1:{port}"')
    file.write_text(text)
    result = check(file)
    assert result.exit_code == 0
    assert "verifiers  none: INSECURE, nothing proves who a peer is" in result.output
    far = file.read_text().replace("127.0.0.1:7003", "10.0.0.2:7003")
    file.write_text(far)
    assert (
        "peer[1].address (carol): 10.0.0.2:7003 is not of this machine alone" in check(file).output
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = check(tmp_path / "none.toml")
    assert result.exit_code == 1
    assert "file: not readable: No such file or directory" in result.output


def test_a_file_has_to_be_named() -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 2


def test_a_config_that_others_can_change_is_warned_of(file: Path) -> None:
    file.chmod(0o646)
    assert f"Warning: others than its owner can write to {file} (mode 0646)" in check(file).output


def test_what_a_plugin_logs_and_remarks_is_told_once(
    file: Path, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install(
        "tide",
        ["verifier.tide"],
        """
        import logging
        from partywire.hookspecs import VerifierDescriptor, hookimpl

        def opened(setting):
            log = logging.getLogger("partywire")
            log.info("the sea is there")
            log.warning("the tide is %s", "high")
            log.warning("the moon is full")

        @hookimpl
        def register_verifiers():
            said = lambda setting: ["Warning: the tide is high"]
            return [VerifierDescriptor("tide", opened, frozenset(), remarks=said)]
        """,
    )
    file.write_text(SOUND + '[[verifier]]\nplugin = "tide"\n')
    lines = check(file).output.splitlines()
    assert lines[-2:] == ["Warning: the tide is high", "Warning: the moon is full"]
    assert lines[-3].startswith("peers ")
    assert not caplog.records
