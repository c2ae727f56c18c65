"""Whoever has to renew a certificate is named in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc_mtls.expiry import DAY, HOUR, Expiries
from tests.certificates.building import make

if TYPE_CHECKING:
    import pytest

NOW = 1_800_000_000.0


def test_a_certificate_that_ends_within_14_days_is_warned_of_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = NOW
    expiries = Expiries(lambda: now)
    expiries.note("bob", read_leaf(make("bob", now=NOW, end=15 * DAY).der, "bob"))
    expiries.note("carol", read_leaf(make("carol", now=NOW, end=90 * DAY).der, "carol"))
    expiries.warn()
    assert not caplog.records
    now += DAY + 1
    expiries.warn()
    now += 12 * DAY
    expiries.warn()
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("the certificate of bob ends in 13 days, at 2027-01-30")
    assert second.startswith("the certificate of bob ends in 1 day, at")
    assert second.endswith("; bob has to renew it")


def test_a_certificate_that_lives_for_hours_is_nothing_to_warn_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    expiries = Expiries(lambda: NOW)
    held = make("bob", now=NOW, begin=-HOUR, end=2 * HOUR)
    expiries.note("bob", read_leaf(make("bob", now=NOW, end=90 * DAY).der, "bob"))
    expiries.note("bob", read_leaf(held.der, "bob"))
    expiries.warn()
    assert not caplog.records


def test_it_is_told_at_once_and_a_successor_ends_that(caplog: pytest.LogCaptureFixture) -> None:
    expiries = Expiries(lambda: NOW)
    for _ in range(2):
        expiries.note("bob", read_leaf(make("bob", now=NOW, end=2 * DAY).der, "bob"))
    assert len(caplog.records) == 1
    expiries.note("bob", read_leaf(make("bob", now=NOW, end=90 * DAY).der, "bob"))
    expiries.warn()
    assert len(caplog.records) == 1


def test_a_party_that_shows_another_one_all_the_time_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = NOW
    expiries = Expiries(lambda: now)
    for _ in range(10):
        for days in (2, 3):
            expiries.note("bob", read_leaf(make("bob", now=NOW, end=days * DAY).der, "bob"))
    expiries.note("carol", read_leaf(make("carol", now=NOW, end=DAY).der, "carol"))
    assert [record.getMessage()[:24] for record in caplog.records] == [
        "the certificate of bob e",
        "the certificate of carol",
    ]
    now += HOUR
    expiries.note("bob", read_leaf(make("bob", now=NOW, end=2 * DAY).der, "bob"))
    assert len(caplog.records) == 3


def test_who_has_left_the_roster_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    expiries = Expiries(lambda: NOW)
    for party in ("bob", "carol"):
        expiries.note(party, read_leaf(make(party, now=NOW, end=2 * DAY).der, party))
    caplog.clear()
    expiries.keep({"carol"})
    expiries.warn()
    (line,) = (record.getMessage() for record in caplog.records)
    assert "of carol" in line
