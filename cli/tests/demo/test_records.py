"""The data set, and how its records come to the hospitals."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo import records
from partywire_cli.demo.records import SCALE, Record, deal, feature_names, load, scaled

DATA = files(records.__package__).joinpath("data")


def test_the_numbers_are_those_of_the_source() -> None:
    """The SHA-256 of scikit-learn's file, with its own first line in the place of ours."""
    _, _, numbers = DATA.joinpath("wdbc.csv").read_text(encoding="utf-8").partition("\n")
    original = f"569,30,malignant,benign\n{numbers}"
    digest = hashlib.sha256(original.encode()).hexdigest()
    assert digest in DATA.joinpath("SOURCE.md").read_text(encoding="utf-8")


def test_the_source_is_named_with_its_licence() -> None:
    source = DATA.joinpath("SOURCE.md").read_text(encoding="utf-8")
    for fact in ("Wolberg", "Mangasarian", "Street", "CC BY 4.0", "10.24432/C5DW2B"):
        assert fact in source


def test_all_records_are_there() -> None:
    loaded = load()
    assert len(loaded) == 569
    assert sum(record.label == 1 for record in loaded) == 357
    assert sum(record.label == -1 for record in loaded) == 212


def test_every_record_has_the_features_that_are_named() -> None:
    names = feature_names()
    assert len(names) == len(set(names)) == 31
    for record in load():
        assert len(record.features) == len(names)
        assert record.features[0] == SCALE
        assert all(0 <= feature <= SCALE for feature in record.features)


def test_the_first_record_by_hand() -> None:
    """Its radius is 17.99, the range 6.981 to 28.11; its texture 10.38 of 9.71 to 39.28."""
    first = load()[0]
    assert first.features[:3] == (1000, 521, 23)
    assert first.label == -1


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2", 0), ("4", 1000), ("3", 500), ("1.9", 0), ("5", 1000), ("2.003", 2)],
)
def test_a_measurement_is_scaled_to_its_range(value: str, expected: int) -> None:
    """A half is rounded to the even neighbour: 1.5 to 2."""
    assert scaled(Fraction(value), Fraction(2), Fraction(4)) == expected


@given(st.integers(0, 30), st.integers(1, 6))
def test_every_record_is_dealt_to_one_hospital(count: int, hospitals: int) -> None:
    everybody = [Record((SCALE, number), 1) for number in range(count)]
    dealt = deal(everybody, [f"hospital {number}" for number in range(hospitals)])
    assert len(dealt) == hospitals
    assert sorted(record.features for own in dealt.values() for record in own) == sorted(
        record.features for record in everybody
    )
    sizes = [len(own) for own in dealt.values()]
    assert max(sizes) - min(sizes) <= 1


def test_the_records_are_dealt_the_same_way_every_time() -> None:
    names = ["north", "south"]
    assert deal(load(), names) == deal(load(), names)
