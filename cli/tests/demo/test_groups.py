"""Groups of parties as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.groups import Groups, MalformedGroup

PARTIES = st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=20, unique=True)


@given(PARTIES, st.data())
def test_a_group_comes_back_from_its_bytes(parties: list[str], data: st.DataObject) -> None:
    group = data.draw(st.sets(st.sampled_from(parties)))
    encoded = Groups(parties).encode(group)
    assert len(encoded) == Groups(parties).width
    assert Groups(parties).decode(encoded) == tuple(one for one in parties if one in group)


@given(PARTIES, st.binary(max_size=5))
def test_any_bytes_are_one_group_or_malformed(parties: list[str], data: bytes) -> None:
    groups = Groups(parties)
    try:
        group = groups.decode(data)
    except MalformedGroup:
        assert len(data) != groups.width or int.from_bytes(data, "little") >> len(parties)
    else:
        assert groups.encode(group) == data


def test_the_first_party_has_the_lowest_bit() -> None:
    groups = Groups(["a", "b", "c", "d", "e", "f", "g", "h", "i"])
    assert groups.encode(["i", "a"]) == b"\x01\x01"


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\x08"])
def test_bytes_that_name_nobody_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedGroup, match="no group of 3 parties"):
        Groups(["a", "b", "c"]).decode(data)
