"""The plugin ``attester.nitro-development``: for tests and demos, where there is no enclave."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from partywire.hookspecs import AttesterDescriptor, Setting, hookimpl
from partywire.setting import Attester
from partywire_nitro_attest.attester.attesting import attesting
from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto
from partywire_nitro_attest.attester.config import MEASURES
from partywire_nitro_attest.attester.development_config import (
    PROVES_NOTHING,
    DevelopmentConfig,
    check,
    development,
    remarks,
)
from partywire_nitro_attest.attester.issuing import Issuing
from partywire_nitro_attest.attester.measuring import measure_config
from partywire_nitro_attest.development import DevelopmentModule, in_debug_mode, measured
from partywire_nitro_attest.judging import Trust
from partywire_nitro_attest.peers import SIGNER
from partywire_nitro_attest.policy import pcr_of_certificate
from partywire_nitro_attest.roots import Roots

_log = logging.getLogger("partywire")


@asynccontextmanager
async def open_development(setting: Setting) -> AsyncIterator[Attester]:
    """Open an attester in software.

    Raises:
        ConfigInvalid: a file is not in order, or every peer would refuse what this party shows.
    """
    config: DevelopmentConfig = setting.config
    mode, root = await anyio.to_thread.run_sync(development, setting)
    _log.warning("%s", PROVES_NOTHING.format(setting.party))
    module = DevelopmentModule(root, pcrs=_pcrs(config, mode), lifetime=config.lifetime)
    await measure_config(setting, module)
    roots = Roots(frozenset({root.fingerprint}), development=True)
    trust = Trust(roots=roots, allow_debug=config.debug)
    issuing = Issuing(setting.party, mode, trust, config.carrier)
    async with attesting(issuing, module) as attester:
        yield attester


def _pcrs(config: DevelopmentConfig, mode: FullAuto | SemiAuto) -> dict[int, bytes]:
    pcrs = in_debug_mode() if config.debug else measured(config.image)
    if isinstance(mode, SemiAuto):
        pcrs[SIGNER] = pcr_of_certificate(mode.certificate.der)
    return pcrs


@hookimpl
def register_attesters() -> list[AttesterDescriptor]:
    """Return the attester."""
    return [
        AttesterDescriptor(
            "nitro-development",
            open_development,
            DevelopmentConfig,
            check=check,
            remarks=remarks,
            measures=MEASURES,
        )
    ]
