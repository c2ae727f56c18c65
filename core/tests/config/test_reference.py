"""The keys in words, for the reference page."""

from __future__ import annotations

from typing import Annotated

import attrs
import pytest

from partywire.config import CORE_TABLES, Key, describe_keys
from partywire.delivery.limits import Between, Bytes


@attrs.frozen
class Base:
    port: Annotated[int, Between(1, 9)]
    """Where."""


@attrs.frozen
class Sample(Base):
    buffer: Bytes | None = None
    """How much,
    at most.
    """
    bare: tuple[str, ...] = ()
    hidden: int = attrs.field(init=False, default=1)


def test_keys_are_described_with_type_default_and_text() -> None:
    size = 'a size such as 4096 or "64MiB", from 1B to 1TiB'
    assert describe_keys(Sample) == (
        Key("port", "a whole number, from 1 to 9", None, "Where."),
        Key("buffer", size, "nothing", "How much,\nat most."),
        Key("bare", "a list", "nothing", ""),
    )


@pytest.mark.parametrize("table", CORE_TABLES)
def test_every_key_of_the_core_has_a_text(table: str) -> None:
    assert all(key.text for key in describe_keys(CORE_TABLES[table]))
