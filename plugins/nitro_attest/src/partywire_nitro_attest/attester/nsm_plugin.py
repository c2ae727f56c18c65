"""The plugin ``attester.nsm``: for a party inside of an AWS Nitro enclave."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import anyio.to_thread

from partywire.errors import ConfigInvalid, Mistake
from partywire.hookspecs import AttesterDescriptor, Setting, hookimpl
from partywire.setting import Attester
from partywire_nitro_attest.attester.attesting import attesting
from partywire_nitro_attest.attester.config import MEASURES, NsmConfig
from partywire_nitro_attest.attester.issuing import Issuing
from partywire_nitro_attest.attester.measuring import measure_config
from partywire_nitro_attest.attester.nsm import NsmModule
from partywire_nitro_attest.attester.nsm_device import NsmDevice, opened_device
from partywire_nitro_attest.attester.own import own_mode
from partywire_nitro_attest.attester.own_check import check_nsm, remarks_of_nsm
from partywire_nitro_attest.judging import Trust
from partywire_nitro_attest.roots import roots_of
from partywire_nitro_attest.security_module import ModuleFailed


@asynccontextmanager
async def open_nsm(setting: Setting) -> AsyncIterator[Attester]:
    """Open the attester of this enclave.

    Raises:
        ConfigInvalid: a file is not in order, there is no security module, it has measured another
            config, or every peer would refuse what this party has to show.
        ModuleFailed: the security module made no document, or does not measure the config.
    """
    config: NsmConfig = setting.config
    mode = await anyio.to_thread.run_sync(own_mode, setting)
    trust = Trust(roots=roots_of(config.roots), allow_debug=config.allow_debug)
    with ExitStack() as stack:
        module = NsmModule(_device(setting.party, stack))
        await measure_config(setting, module)
        issuing = Issuing(setting.party, mode, trust, config.carrier)
        async with attesting(issuing, module) as attester:
            yield attester


def _device(party: str, stack: ExitStack) -> NsmDevice:
    try:
        return stack.enter_context(opened_device())
    except ModuleFailed as error:
        mistake = Mistake("attester.plugin", error.problem)
        raise ConfigInvalid(f"the config of {party}", (mistake,)) from error


@hookimpl
def register_attesters() -> list[AttesterDescriptor]:
    """Return the attester."""
    return [
        AttesterDescriptor(
            "nsm", open_nsm, NsmConfig, check=check_nsm, remarks=remarks_of_nsm, measures=MEASURES
        )
    ]
