"""Entry points of every installed distribution, each with whose it is."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions


def entries_of(group: str) -> Iterator[tuple[Distribution, EntryPoint]]:
    """Yield a group's entries; `importlib.metadata.entry_points` would hide a second claimant.

    A distribution that is found twice on the path is yielded twice.
    """
    for found in distributions():
        if group in (found.read_text("entry_points.txt") or ""):
            for entry in found.entry_points.select(group=group):
                yield found, entry


def distribution_name(found: Distribution) -> str:
    """Return the name of a distribution, in the one spelling that all of them have (PEP 503)."""
    return re.sub(r"[-_.]+", "-", found.name).lower()
