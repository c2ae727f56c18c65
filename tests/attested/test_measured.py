"""Parties whose configs are measured: peers that pin PCR16 let in who runs by that config alone."""

from __future__ import annotations

import copy
import json
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.config import load_config
from partywire.errors import ConfigInvalid, NotReady
from partywire.plugins import Plugins
from partywire_nitro_attest.attester.measuring import pcr_of
from tests.certificates.building import authority
from tests.interaction.scenes import until
from tests.loopback import free_ports

from .deployment import Deployment, pcrs_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.loopback import Config

PATIENCE = 60.0


def authority_of(party: str) -> bytes:
    return authority(party, time.time()).pem


@pytest.fixture
def anyio_backend() -> str:
    """Another loop runs gRPC in a thread, and nothing here differs."""
    return "asyncio"


def measured(config: Config) -> str:
    """What ``partywire attestation measure`` prints of it."""
    found = load_config(config, Plugins())
    assert found.attester is not None
    return pcr_of(found.setting(found.attester).trusted).hex()


async def pinning(folder: Path) -> Deployment:
    """Two parties whose configs are measured, and each has the other's."""
    make = partial(Deployment, folder, attester={"measure_config": True})
    deployment = await to_thread.run_sync(make)
    alice, bob = deployment.configs["alice"], deployment.configs["bob"]
    pins = {"alice": measured(alice), "bob": measured(bob)}
    alice["peer"][0]["pcrs"] = {"pcr16": pins["bob"]}
    bob["peer"][0]["pcrs"] = {"pcr16": pins["alice"]}
    return deployment


def with_a_stranger(config: Config) -> Config:
    """The config of a party that lets somebody else in, too, who is none of its peers' choosing."""
    other: dict[str, Any] = copy.deepcopy(dict(config))
    [peer] = other["peer"]
    own = other["attester"]["ca_certificate"]
    certificate = own.replace("bob.crt", "mallory.crt")
    elsewhere = f"127.0.0.1:{free_ports(1)[0]}"
    changed = {"id": "mallory", "certificate": certificate, "address": elsewhere}
    other["peer"].append({**peer, **changed})
    return other


def with_debug(config: Config) -> Config:
    other: dict[str, Any] = copy.deepcopy(dict(config))
    other["verifier"][1]["allow_debug"] = True
    return other


@pytest.mark.anyio
async def test_who_runs_by_the_pinned_config_is_let_in(tmp_path: Path) -> None:
    deployment = await pinning(tmp_path)
    with anyio.fail_after(PATIENCE):
        async with deployment.nodes() as nodes, AsyncExitStack() as stack:
            alice, bob = [await stack.enter_async_context(n.session(1)) for n in nodes.values()]
            await alice.send("bob", b"measured")
            assert await bob.receive("alice") == b"measured"


@pytest.mark.anyio
@pytest.mark.parametrize("change", [with_a_stranger, with_debug])
async def test_who_trusts_others_than_that_is_refused(tmp_path: Path, change: Any) -> None:
    deployment = await pinning(tmp_path)
    (tmp_path / "mallory.crt").write_bytes(await to_thread.run_sync(authority_of, "mallory"))
    changed = change(deployment.configs["bob"])
    assert measured(changed) != measured(deployment.configs["bob"])
    with anyio.fail_after(PATIENCE):
        async with deployment.node("alice") as alice, open_node(changed):
            with pytest.raises(NotReady):
                await alice.ready(timeout=0)
            await until(lambda: "PCR16" in str(alice._engine.missing(["bob"])))


@pytest.mark.anyio
async def test_a_peer_goes_over_to_another_config_without_a_refusal(tmp_path: Path) -> None:
    deployment = await pinning(tmp_path)
    alice_config, former = deployment.configs["alice"], deployment.configs["bob"]
    new = copy.deepcopy(dict(former))
    new["verifier"][1]["release"].append({"name": "2.0", **pcrs_of("upgraded")})
    assert measured(new) != measured(former)
    with anyio.fail_after(PATIENCE):
        async with deployment.node("alice") as alice:
            async with open_node(former):
                await alice.ready()
                alice_config["peer"][0]["pcrs"]["pcr16"] = [measured(former), measured(new)]
                await alice.reload(alice_config)
                await alice.ready()
            async with open_node(new) as bob, AsyncExitStack() as stack:
                here, there = [await stack.enter_async_context(n.session(1)) for n in (alice, bob)]
                await here.send("bob", b"both are pinned")
                assert await there.receive("alice") == b"both are pinned"


@pytest.mark.anyio
async def test_a_reload_cannot_change_what_was_measured(tmp_path: Path) -> None:
    deployment = await pinning(tmp_path)
    config = deployment.configs["bob"]
    with anyio.fail_after(PATIENCE):
        async with deployment.node("bob") as bob:
            with pytest.raises(ConfigInvalid, match="restart of the enclave") as caught:
                await bob.reload(with_debug(config))
            assert [each.key for each in caught.value.mistakes] == ["attester.measure_config"]
            await bob.reload(json.loads(json.dumps(config)))
