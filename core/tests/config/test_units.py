"""Sizes and times, against a model that counts in the smallest unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.config.units import parse_size, parse_time, size_text, time_text

SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}

whole = st.integers(0, 10**15 - 1)
decimals = st.text("0123456789", min_size=1, max_size=9)
gaps = st.sampled_from(["", " "])


@given(number=whole, gap=gaps, unit=st.sampled_from(sorted(SIZES)))
def test_whole_sizes(number: int, gap: str, unit: str) -> None:
    assert parse_size(f"{number}{gap}{unit}") == number * SIZES[unit]


@given(number=st.integers(0, 9999), decimals=decimals, unit=st.sampled_from(sorted(SIZES)))
def test_sizes_with_a_fraction_are_whole_bytes_or_none(
    number: int, decimals: str, unit: str
) -> None:
    exact = Fraction(f"{number}.{decimals}") * SIZES[unit]
    wanted = int(exact) if exact.denominator == 1 else None
    assert parse_size(f"{number}.{decimals}{unit}") == wanted


@given(
    number=st.integers(0, 10**6),
    decimals=decimals,
    gap=gaps,
    unit=st.sampled_from(sorted(MILLISECONDS)),
)
def test_times(number: int, decimals: str, gap: str, unit: str) -> None:
    exact = Fraction(f"{number}.{decimals}") * MILLISECONDS[unit] / 1000
    assert parse_time(f"{number}.{decimals}{gap}{unit}") == float(exact)


@given(size=st.integers(0, 1 << 40))
def test_a_size_reads_back_as_it_was_written(size: int) -> None:
    assert parse_size(size_text(size)) == size


@given(milliseconds=st.integers(0, 10**12))
def test_a_time_reads_back_as_it_was_written(milliseconds: int) -> None:
    assert parse_time(time_text(milliseconds / 1000)) == milliseconds / 1000


@given(text=st.text("0123456789.-+_eE BKiMGTbmsinhdu٣", max_size=8))
def test_other_text_is_neither_or_in_its_unit(text: str) -> None:
    if parse_size(text) is not None:
        assert text.endswith(tuple(SIZES))
    if parse_time(text) is not None:
        assert text.endswith(tuple(MILLISECONDS))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "MiB",
        "-1s",
        "+1B",
        "1e3s",
        "1_0B",
        "1  s",
        " 1s",
        "1s ",
        ".5s",
        "1.s",
        "٣s",
        "1\n s",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    assert parse_size(text) is None
    assert parse_time(text) is None


@pytest.mark.parametrize("text", ["64MB", "64 mib", "64kB", "0.1KiB", "1s", "1MiBs"])
def test_what_is_no_size(text: str) -> None:
    assert parse_size(text) is None


@pytest.mark.parametrize("text", ["1m", "1S", "1 sec", "1week", "1h30min", "1B"])
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_texts_take_the_largest_unit_that_fits() -> None:
    assert [size_text(size) for size in (0, 100, 1024, 1536, 1 << 40)] == [
        *("0B", "100B", "1KiB", "1536B", "1TiB")
    ]
    assert [time_text(seconds) for seconds in (0.0, 0.1, 1.5, 90.0, 900.0, 172800.0)] == [
        *("0ms", "100ms", "1500ms", "90s", "15min", "2d")
    ]
