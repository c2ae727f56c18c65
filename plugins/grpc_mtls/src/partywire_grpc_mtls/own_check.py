"""This party's own certificate and key, looked at when the config is read."""

import time
from typing import Final

from partywire.errors import ConfigInvalid
from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.place import check_addresses
from partywire_grpc_mtls.describing import validity, warnings
from partywire_grpc_mtls.own import load_own

NEEDED: Final = "missing; give {}, or an [attester] that makes both"
NO_USE: Final = "the attester of this config makes it; remove this key"
_FILES: Final = {
    "certificate": "the certificate of this party",
    "private_key": "the key of its certificate",
}
_BY_ATTESTER: Final = "own certificate: made by the attester when the node opens"
_TABLE: Final = "transport."


def check(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
    """Return what is wrong with the files of this party, and with where its peers are."""
    return [*(_misgiven(setting) or check_own(setting)), *check_addresses(setting)]


def check_own(setting: Setting) -> list[KeyMistake]:
    """Return what is wrong with the files of this party, and why its peers would refuse it."""
    if setting.attested:
        return []
    try:
        load_own(setting)
    except ConfigInvalid as invalid:
        return [
            KeyMistake(mistake.key.removeprefix(_TABLE), mistake.problem)
            for mistake in invalid.mistakes
        ]
    return []


def remarks(setting: Setting) -> list[str]:
    """Return how long this party's certificate is good, and what is odd about it."""
    if setting.attested:
        return [_BY_ATTESTER]
    leaf, now = load_own(setting).leaf, time.time()
    odd = [f"Warning: own certificate: {warning}" for warning in warnings(leaf, now)]
    return [f"own certificate: {validity(leaf, now)}; SHA-256 {leaf.sha256}", *odd]


def _misgiven(setting: Setting) -> list[KeyMistake]:
    """Return which files are named beside an attester, or not named without one."""
    return [
        KeyMistake(key, NO_USE if setting.attested else NEEDED.format(what))
        for key, what in _FILES.items()
        if (getattr(setting.config, key) is None) != setting.attested
    ]
