"""What is seen of an attester without a security module: its files, and what they come to."""

import time
from collections.abc import Callable
from typing import Final

from partywire.errors import ConfigInvalid
from partywire.hookspecs import KeyMistake, Setting
from partywire.probing import EXPIRES_SOON
from partywire_grpc.certificates.rules import utc_text
from partywire_nitro_attest.attester.certificate import VOUCHING, FullAuto, SemiAuto
from partywire_nitro_attest.attester.nsm_device import opened_device
from partywire_nitro_attest.attester.own import own_mode
from partywire_nitro_attest.policy import pcr_of_certificate
from partywire_nitro_attest.security_module import ModuleFailed

DEBUG: Final = (
    "this party may run in debug mode (allow_debug), where its operator reads all that is in it; "
    "peers let it in only where they allow that themselves. Remove allow_debug"
)
_NO_DEVICE: Final = "the node will not open here: {}"
_TABLE: Final = "attester."


def check_nsm(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
    """Return what is wrong with the files of ``nsm``."""
    return mistakes_of(own_mode, setting)


def remarks_of_nsm(setting: Setting) -> list[str]:
    """Return what vouches for the certificates, and whether there is a device here.

    A config may be checked where no enclave is, so a missing device is no mistake.
    """
    warned = [DEBUG] if setting.config.allow_debug else []
    try:
        with opened_device():
            pass
    except ModuleFailed as error:
        warned.append(_NO_DEVICE.format(error.problem))
    return [*vouching(own_mode(setting)), *(f"Warning: {warning}" for warning in warned)]


def vouching(mode: FullAuto | SemiAuto) -> list[str]:
    """Return what peers compare of who vouches for the certificates, and whether it ends soon."""
    own, what = mode.certificate, VOUCHING[type(mode)]
    lines = [f"attester: {what} ends at {utc_text(own.not_after)}; SHA-256 {own.sha256}"]
    if isinstance(mode, SemiAuto):
        lines.append(f"attester: PCR8 of its image has to be {pcr_of_certificate(own.der).hex()}")
    if own.not_after - time.time() < EXPIRES_SOON:
        lines.append(f"Warning: {what} ends soon; renew it, and give it to the peers")
    return lines


def mistakes_of(reading: Callable[[Setting], object], setting: Setting) -> list[KeyMistake]:
    """Return the mistakes of files that ``reading`` raises."""
    try:
        reading(setting)
    except ConfigInvalid as invalid:
        return [
            KeyMistake(each.key.removeprefix(_TABLE), each.problem) for each in invalid.mistakes
        ]
    return []
