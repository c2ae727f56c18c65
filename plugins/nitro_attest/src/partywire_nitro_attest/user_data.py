"""Checks of user data that a config names: entry points of the group `GROUP`, by their names.

What an enclave puts into the user data of its document is known to whoever built it. So others ship
the check: a distribution with an entry point that leads to a function.
"""

import inspect
from importlib.metadata import EntryPoint
from typing import Final

from partywire.entries import distribution_name, entries_of
from partywire.errors import outside_text
from partywire_nitro_attest.policy import UserDataCheck

GROUP: Final = "partywire_nitro_user_data"
"""The group of entry points."""


def user_data_check(name: str) -> UserDataCheck:
    """Return the check of that name; only the module that has it is imported.

    Raises:
        ValueError: in words: no distribution has it, more than one has, or it is no plain function.
    """
    entries = list(entries_of(GROUP))
    claims = {
        (entry.value, distribution_name(found)): entry
        for found, entry in entries
        if entry.name == name
    }
    if not claims:
        known = ", ".join(sorted({entry.name for _, entry in entries})) or "none"
        raise ValueError(f"no such check is installed in the group {GROUP}; there is {known}")
    if len(claims) > 1:
        owners = ", ".join(sorted(f"{owner} ({value})" for value, owner in claims))
        raise ValueError(f"more than one distribution has a check of that name: {owners}")
    [entry] = claims.values()
    return _loaded(entry)


def _loaded(entry: EntryPoint) -> UserDataCheck:
    try:
        check: object = entry.load()
    except Exception as error:
        words = f"{type(error).__name__}: {outside_text(str(error), 128)}"
        raise ValueError(f"{entry.value} cannot be imported: {words}") from error
    if not callable(check) or isinstance(check, type) or inspect.iscoroutinefunction(check):
        raise ValueError(f"{entry.value} is no plain function of the user data")
    return check
