"""How often something may be done, against a plain count of what was done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partywire.delivery.pace import Pace


def test_a_burst_and_then_one_after_each_pause() -> None:
    pace = Pace(10.0, 6)
    for _ in range(6):
        assert pace.wait(100.0) == 0.0
        pace.count(100.0)
    assert pace.wait(100.0) == 10.0
    assert pace.wait(107.0) == 3.0
    pace.count(110.0)
    assert pace.wait(110.0) == 10.0


def test_a_rest_gives_a_whole_burst_and_no_more() -> None:
    pace = Pace(10.0, 2)
    pace.count(0.0)
    for _ in range(2):
        assert pace.wait(1e6) == 0.0
        pace.count(1e6)
    assert pace.wait(1e6) == 10.0


@given(
    st.integers(1, 8),
    st.integers(1, 5),
    st.lists(st.integers(0, 20), max_size=60),
)
def test_never_more_than_the_burst_and_the_pauses_of_any_span(
    pause: int, burst: int, rests: list[int]
) -> None:
    pace, now = Pace(float(pause), burst), 0.0
    done: list[float] = []
    for rest in rests:
        now += rest
        now += pace.wait(now)
        assert pace.wait(now) == 0.0
        pace.count(now)
        done.append(now)
    for first, began in enumerate(done):
        for last in range(first, len(done)):
            assert last - first + 1 <= burst + (done[last] - began) / pause
