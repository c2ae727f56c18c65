"""What a hospital's process says, as bytes: read strictly, whoever wrote them."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_cli.demo.protocol import Result
from partywire_cli.demo.reports import (
    Failed,
    Finished,
    Missed,
    NotAReport,
    Opened,
    Progress,
    Report,
    Taken,
    decode,
    encode,
)
from partywire_cli.demo.traffic import Seen, Traffic

COUNTS = st.integers(0, 2**63 - 1)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=20)
GROUPS = st.lists(TEXT, max_size=4).map(tuple)
TRAFFIC = st.builds(
    Traffic, COUNTS, COUNTS, COUNTS, COUNTS, st.dictionaries(TEXT, SECONDS, max_size=3)
)
SEEN = st.builds(Seen, COUNTS, GROUPS, TRAFFIC)
RESULTS = st.builds(
    Result,
    st.lists(st.fractions(), max_size=4).map(tuple),
    *[COUNTS] * 4,
    fitted=GROUPS,
    scored=GROUPS,
)
REPORTS = st.one_of(
    st.just(Opened()),
    st.builds(Taken, TEXT),
    st.builds(Progress, COUNTS, SEEN),
    st.builds(Missed, COUNTS, TEXT, TEXT),
    st.builds(Finished, RESULTS, SEEN, COUNTS),
    st.builds(Failed, COUNTS, TEXT, TEXT),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
PROGRESS = json.loads(encode(Progress(1, Seen(0, ("b",), Traffic(1, 2, 3, 4, {"b": 0.5})))))
HUGE = Fraction(3**2000, -(2**3000))


@given(REPORTS)
def test_what_was_told_is_heard(report: Report) -> None:
    line = encode(report)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == report


def test_fractions_are_exact() -> None:
    result = Result((HUGE, Fraction(0)), 1, 2, 3, 4, fitted=("a",), scored=("a",))
    report = Finished(result, Seen(8, (), Traffic(0, 0, 0, 0, {})), 2)
    assert decode(encode(report)) == report


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_no_report_and_raises_nothing_else(line: bytes) -> None:
    with pytest.raises(NotAReport):
        decode(line)


@given(st.sampled_from(["begun", "seen"]), JSON)
def test_a_field_of_another_kind_is_refused(name: str, value: Any) -> None:
    if name == "begun" and type(value) is int and 0 <= value < 2**63:
        return
    with pytest.raises(NotAReport):
        decode(json.dumps({**PROGRESS, name: value}).encode())


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 200_000,
        b"9" * 100_000,
        b'{"report":"opened","more":1}',
        b'{"report":"missed","step":true,"party":"a","why":"b"}',
        b'{"report":"missed","step":-1,"party":"a","why":"b"}',
        b'{"report":"missed","step":9223372036854775808,"party":"a","why":"b"}',
        b'{"report":"taken","says":"%s"}' % (b"a" * 5000),
        encode(Progress(1, Seen(0, (), Traffic(0, 0, 0, 0, {"a": float("nan")})))),
        encode(Progress(1, Seen(0, ("a",) * 300, Traffic(0, 0, 0, 0, {})))),
    ],
    ids=range(9),
)
def test_what_is_too_much_is_refused(line: bytes) -> None:
    with pytest.raises(NotAReport):
        decode(line)


@pytest.mark.parametrize("text", ["1/0", "0.5", "1e9", "", " 1", "1/-2", "٣", "1" * 4001, 5])
def test_a_coefficient_is_a_fraction_and_nothing_else(text: object) -> None:
    result = Result((Fraction(1),), 1, 2, 3, 4, fitted=("a",), scored=("a",))
    told = json.loads(encode(Finished(result, Seen(8, (), Traffic(0, 0, 0, 0, {})), 2)))
    told["result"]["coefficients"] = [text]
    with pytest.raises(NotAReport, match="fraction"):
        decode(json.dumps(told).encode())
