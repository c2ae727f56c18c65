"""This party's own certificate and key, looked at when the config is read."""

import time
from typing import Final

from partywire.errors import ConfigInvalid
from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.wires import check_wires
from partywire_grpc_mtls.describing import validity, warnings
from partywire_grpc_mtls.own import load_own

_TABLE: Final = "transport."


def check_own(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
    """Return why its peers would refuse this party by its files, and wires to nowhere."""
    mistakes = check_wires(setting)
    try:
        load_own(setting)
    except ConfigInvalid as invalid:
        mistakes += [
            KeyMistake(mistake.key.removeprefix(_TABLE), mistake.problem)
            for mistake in invalid.mistakes
        ]
    return mistakes


def remarks(setting: Setting) -> list[str]:
    """Return how long this party's certificate is good, and what is odd about it."""
    leaf, now = load_own(setting).leaf, time.time()
    odd = [f"own certificate: {warning}" for warning in warnings(leaf, now)]
    return [f"own certificate: {validity(leaf, now)}; SHA-256 {leaf.sha256}", *odd]
