"""Moments as text."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.times import from_text, local_days, to_text

moments = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_text_order_is_time_order(one, other):
    assert (to_text(one) < to_text(other)) == (one < other)


@given(moments)
def test_a_moment_comes_back(moment):
    assert from_text(to_text(moment)) == moment


def test_any_zone_is_brought_to_utc():
    moment = datetime(2026, 11, 22, 7, 30, tzinfo=timezone(timedelta(hours=1)))
    assert to_text(moment) == "2026-11-22T06:30:00.000000Z"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        to_text(datetime(2026, 11, 22))  # noqa: DTZ001


def test_days_of_a_change_of_clocks_have_23_and_25_hours():
    spring = local_days(date(2026, 3, 28), date(2026, 3, 30), "Europe/Berlin")
    autumn = local_days(date(2026, 10, 25), date(2026, 10, 25), "Europe/Berlin")
    hours = [(from_text(end) - from_text(start)) / timedelta(hours=1) for _, start, end in [*spring, *autumn]]
    assert hours == [24, 23, 24, 25]
