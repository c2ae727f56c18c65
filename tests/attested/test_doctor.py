"""What the doctor tells of attested parties over real sockets, and what it cannot know."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from partywire import diagnose
from partywire.probing import Status
from partywire_cli.doctor.data import as_data

from .deployment import RELEASE, Deployment, pcrs_of

if TYPE_CHECKING:
    from pathlib import Path

    from partywire import Diagnosis
    from partywire.probing import Finding

PATIENCE = 60.0


@pytest.fixture
def anyio_backend() -> str:
    """Another loop runs gRPC in a thread, and nothing here differs."""
    return "asyncio"


async def deployed(folder: Path, **changes: Any) -> Deployment:
    """Keys take a while, and so they are made in a thread."""
    return await to_thread.run_sync(partial(Deployment, folder, **changes))


async def diagnosed(deployment: Deployment, *, met: bool = True) -> Diagnosis:
    """What alice's doctor says while both nodes run."""
    with anyio.fail_after(PATIENCE):
        if met:
            async with deployment.nodes():
                return await diagnose(deployment.configs["alice"])
        async with deployment.node("bob"):
            return await diagnose(deployment.configs["alice"])


def of(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {each.check: each for each in found}


@pytest.mark.anyio
@pytest.mark.parametrize("level", ["bound", "certificate"])
async def test_level_release_and_end_of_a_peer(tmp_path: Path, level: str) -> None:
    diagnosis = await diagnosed(await deployed(tmp_path, level=level))
    assert diagnosis.well
    peer = of(diagnosis.peers["bob"])
    told = peer["attestation"]
    assert told.facts["level"] == level
    assert told.facts["release"] == RELEASE
    assert str(told.facts["module"]).startswith("i-")
    assert f"level {level}, by " in told.said
    assert f"release {RELEASE}; ends in " in told.said
    assert 0 < float(told.facts["valid_until"]) - time.time() < 3 * 3600
    assert (told.status, told.who) == (Status.WARNING, "alice"), "it is a development module"
    assert told.said.startswith("DEVELOPMENT: no enclave, and nothing is proved")
    assert peer["expiry"].status is Status.OK, "nobody has to renew it by hand"
    assert peer["hello"].status is Status.OK
    data = json.loads(json.dumps(as_data(diagnosis)))
    (row,) = [each for each in data["peers"]["bob"] if each["check"] == "attestation"]
    assert row["facts"] == dict(told.facts)


@pytest.mark.anyio
async def test_what_this_party_attests_itself(tmp_path: Path) -> None:
    diagnosis = await diagnosed(await deployed(tmp_path))
    own = of(diagnosis.own)
    assert own["attestation"].status is Status.OK
    assert own["attestation"].facts["release"] == RELEASE
    assert float(own["attestation"].facts["valid_until"]) > time.time()
    assert own["listening"].status is Status.UNKNOWN, "anybody could make such a certificate"
    assert own["listening"].facts["sha256"] != own["attestation"].facts["sha256"]


@pytest.mark.anyio
async def test_in_semi_auto_the_level_cannot_be_seen(tmp_path: Path) -> None:
    """Peers know the certificate of our node, and not the one that the doctor has got."""
    peer = of((await diagnosed(await deployed(tmp_path, mode="semi-auto"))).peers["bob"])
    assert peer["identity"].status is Status.OK
    assert peer["hello"].status is Status.UNKNOWN
    assert "made a certificate for this inquiry alone" in peer["hello"].said
    assert peer["attestation"].facts["level"] == "certificate"
    assert "level not known" in peer["attestation"].said
    assert f"release {RELEASE}" in peer["attestation"].said


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["full-auto", "semi-auto"])
async def test_an_untrusted_release_is_named_with_what_is_trusted(
    tmp_path: Path, mode: str
) -> None:
    deployment = await deployed(tmp_path, mode=mode, images={"bob": "another"})
    diagnosis = await diagnosed(deployment, met=False)
    assert not diagnosis.well
    wrong = of(diagnosis.peers["bob"])["identity"]
    assert (wrong.status, wrong.who) == (Status.WRONG, "bob")
    for name, pcr in pcrs_of("another").items():
        assert f"{name.upper()} {pcr}" in wrong.said
    assert wrong.said.endswith(f"trusted here: {RELEASE}")
    assert "[[verifier.release]]" in wrong.remedy
    assert "attestation" not in of(diagnosis.peers["bob"])


@pytest.mark.anyio
async def test_an_enclave_in_debug_mode_is_wrong_or_a_warning(tmp_path: Path) -> None:
    debug = {"attester": {"debug": True}}
    refusing = await diagnosed(await deployed(tmp_path, **debug), met=False)
    wrong = of(refusing.peers["bob"])["identity"]
    assert (wrong.status, wrong.who) == (Status.WRONG, "bob")
    assert wrong.remedy == "start its enclave without --debug-mode"
    assert of(refusing.own)["attestation"].status is Status.WARNING
    taking = await deployed(tmp_path, **debug, verifier={"allow_debug": True})
    told = of((await diagnosed(taking)).peers["bob"])["attestation"]
    assert told.status is Status.WARNING
    assert told.facts["release"] == "none: debug mode"


@pytest.mark.anyio
async def test_what_this_config_would_refuse_of_its_own_party(tmp_path: Path) -> None:
    deployment = await deployed(tmp_path, images={"alice": "another"})
    own = of((await diagnosed(deployment, met=False)).own)["attestation"]
    assert (own.status, own.who) == (Status.WARNING, "alice")
    assert f"PCR0 {pcrs_of('another')['pcr0']}" in own.said
    assert "compare the releases and roots" in own.remedy
