"""PCR16: extended by the config and locked before the first document, by either module."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from partywire.delivery.limits import Limits
from partywire.errors import ConfigInvalid
from partywire.hookspecs import Setting
from partywire_nitro_attest.attester.measuring import measure_config, pcr_of
from partywire_nitro_attest.attester.nsm import NsmModule
from partywire_nitro_attest.attester.nsm_device import NsmDevice
from partywire_nitro_attest.development import DevelopmentModule, measured
from partywire_nitro_attest.security_module import MeasuringModule, ModuleFailed

from .kernel import Kernel
from .parties import ALICE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "partywire trusts nobody\n"
HASH = hashlib.sha384(b"something else").digest()


def setting(text: str = TEXT) -> Setting:
    return Setting(ALICE, None, {}, Limits(), trusted=text)


def in_software() -> MeasuringModule:
    return DevelopmentModule(ROOT, pcrs=measured("an image"))


def on_a_device() -> MeasuringModule:
    return NsmModule(NsmDevice(7, Kernel()))


@pytest.fixture(params=[in_software, on_a_device])
def module(request: pytest.FixtureRequest) -> MeasuringModule:
    make: Callable[[], MeasuringModule] = request.param
    return make()


def test_the_pcr_is_that_of_one_extension() -> None:
    zeros, digest = bytes(48), hashlib.sha384(TEXT.encode()).digest()
    assert pcr_of(TEXT) == hashlib.sha384(zeros + digest).digest()


@pytest.mark.anyio
async def test_it_is_extended_and_locked(module: MeasuringModule) -> None:
    await measure_config(setting(), module)
    found = module.register(16)
    assert found.value == pcr_of(TEXT)
    assert found.locked
    with pytest.raises(ModuleFailed, match="is locked, until the enclave is started anew"):
        module.extend(16, HASH)


@pytest.mark.anyio
async def test_a_program_that_starts_again_in_its_enclave_goes_on(module: MeasuringModule) -> None:
    for _ in range(3):
        await measure_config(setting(), module)
    assert module.register(16).value == pcr_of(TEXT)


@pytest.mark.anyio
async def test_one_that_was_ended_before_it_could_lock_locks(module: MeasuringModule) -> None:
    module.extend(16, hashlib.sha384(TEXT.encode()).digest())
    await measure_config(setting(), module)
    assert module.register(16).locked


@pytest.mark.anyio
@pytest.mark.parametrize(
    "before",
    [
        lambda module: module.extend(16, HASH),
        lambda module: module.lock(16),
        lambda module: (module.extend(16, HASH), module.lock(16)),
        lambda module: [module.extend(16, hashlib.sha384(TEXT.encode()).digest()) for _ in "ab"],
    ],
    ids=["of something else", "locked and empty", "of something else, and locked", "twice"],
)
async def test_what_is_there_already_is_another_config(
    module: MeasuringModule, before: Callable[[MeasuringModule], Any]
) -> None:
    before(module)
    former = module.register(16)
    with pytest.raises(ConfigInvalid, match="start the enclave anew") as caught:
        await measure_config(setting(), module)
    [mistake] = caught.value.mistakes
    assert mistake.key == "attester.measure_config"
    assert former.value.hex() in mistake.problem
    assert pcr_of(TEXT).hex() in mistake.problem
    assert module.register(16) == former


@pytest.mark.anyio
async def test_another_config_in_the_same_enclave_is_refused(module: MeasuringModule) -> None:
    await measure_config(setting(), module)
    with pytest.raises(ConfigInvalid, match="start the enclave anew"):
        await measure_config(setting("partywire trusts everybody\n"), module)


@pytest.mark.anyio
async def test_nothing_is_measured_unless_the_config_says_so(module: MeasuringModule) -> None:
    await measure_config(setting(""), module)
    assert module.register(16).value == bytes(48)
    assert not module.register(16).locked


def test_a_module_of_development_has_the_pcrs_of_an_enclave() -> None:
    module = in_software()
    assert module.register(0).value == measured("an image")[0]
    for index in range(32):
        assert module.register(index).locked is (index < 16)
    assert module.extend(31, HASH) == hashlib.sha384(bytes(48) + HASH).digest()
    assert module.extend(31, HASH) == module.register(31).value
    for call in (
        lambda: module.register(32),
        lambda: module.extend(-1, HASH),
        lambda: module.lock(32),
    ):
        with pytest.raises(ModuleFailed, match="no PCR of that number"):
            call()
    with pytest.raises(ValueError, match="48 bytes"):
        module.extend(16, b"short")
