"""The config of a party in a PCR of its enclave, so that peers learn by which one it runs."""

import hashlib

import anyio.to_thread

from partywire.errors import ConfigInvalid, Mistake
from partywire.hookspecs import Setting
from partywire_nitro_attest.document import ZERO
from partywire_nitro_attest.security_module import MeasuringModule
from partywire_nitro_attest.trusted import MEASURED


def digest_of(text: str) -> bytes:
    """Return what the PCR is extended by: SHA-384 of the text in UTF-8."""
    return hashlib.sha384(text.encode()).digest()


def pcr_of(text: str) -> bytes:
    """Return what the PCR is then, and what peers pin: SHA-384 of 48 zeros and the digest."""
    return hashlib.sha384(ZERO + digest_of(text)).digest()


async def measure_config(setting: Setting, module: MeasuringModule) -> None:
    """Extend PCR16 by what this node trusts and lock it, where the attester is to measure that.

    This comes before the first document. Nobody else asks the module meanwhile. Cancelled, it ends
    when the module is done.

    Raises:
        ConfigInvalid: the PCR holds something else already, which nothing but a new start of the
            enclave changes.
        ModuleFailed: the security module did not do it.
    """
    if setting.trusted:
        await anyio.to_thread.run_sync(_measure, setting, module)


def _measure(setting: Setting, module: MeasuringModule) -> None:
    wanted = pcr_of(setting.trusted)
    found = module.register(MEASURED)
    if found.value == ZERO and not found.locked:
        module.extend(MEASURED, digest_of(setting.trusted))
        found = module.register(MEASURED)
    if found.value != wanted:
        problem = (
            f"PCR{MEASURED} of this enclave is {found.value.hex()} already, and by this config it "
            f"has to be {wanted.hex()}; start the enclave anew, and extend that PCR by nothing else"
        )
        mistake = Mistake("attester.measure_config", problem)
        raise ConfigInvalid(f"the config of {setting.party}", (mistake,))
    if not found.locked:
        module.lock(MEASURED)
