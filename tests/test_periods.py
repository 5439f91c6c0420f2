"""Calendars: Jalali leap years, Saturday weeks, time zones. Peers get these wrong (plotly maps 1403/12/30 wrong)."""

import datetime

import jdatetime
import pandas as pd
import pytest

from cxnlp import periods


def instants(*texts):
    return pd.Series(pd.to_datetime(list(texts), utc=True, format="ISO8601"))


def test_leap_day_of_1403_exists():
    """1403 is a leap year: 20 March 2025 is 30 Esfand 1403, and the next day begins 1404."""
    times = instants("2025-03-20T12:00:00", "2025-03-21T12:00:00")
    assert list(periods.key(times, "day")) == ["1403-12-30", "1404-01-01"]
    assert list(periods.key(times, "month")) == ["1403-12", "1404-01"]
    assert periods.start("1403-12-30") == pd.Timestamp("2025-03-19T20:30:00Z")


def test_day_begins_at_local_midnight():
    """23:00 UTC is already tomorrow in Tehran; a report that buckets by UTC puts evening orders on the wrong day."""
    times = instants("2024-10-21T20:29:59", "2024-10-21T20:30:00")
    assert list(periods.key(times, "day")) == ["1403-07-30", "1403-08-01"]
    assert list(periods.key(times, "day", "gregorian", "UTC")) == ["2024-10-21", "2024-10-21"]


def test_null_stays_null_and_index_is_kept():
    """An undated text belongs to no period; rows must not shift."""
    times = pd.Series(pd.to_datetime([None, "2024-10-01"], utc=True), index=[7, 3])
    keys = periods.key(times, "month")
    assert keys.index.tolist() == [7, 3] and pd.isna(keys[7]) and keys[3] == "1403-07"


def test_naive_times_are_refused():
    """Guessing a zone silently moves texts between days."""
    with pytest.raises(ValueError, match="time zone"):
        periods.key(pd.Series(pd.to_datetime(["2024-01-01"])), "day")


@pytest.mark.parametrize("calendar", ["jalali", "gregorian"])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_starts_and_keys_agree_over_forty_years(calendar, period):
    """Every period starts in itself, the instant before belongs to the one before, and keys sort like time."""
    times = pd.Series(pd.date_range("1995-01-01", "2035-01-01", freq="97D", tz="UTC"))
    keys = periods.key(times, period, calendar)
    assert keys.is_monotonic_increasing
    for one in keys.drop_duplicates():
        first = periods.start(one)
        around = pd.Series([first, first - pd.Timedelta(microseconds=1)])
        assert list(periods.key(around, period, calendar)) == [one, periods.shift(one, -1)]
        assert periods.shift(periods.shift(one, -1), 1) == one


def test_weeks_start_on_saturday_and_follow_the_tuesday_rule():
    """Iran's week starts on Saturday; week 1 is the first with four days in the year, as ISO 8601 does from Monday."""
    assert periods.start("1403-W30", "UTC").day_name() == "Saturday"
    # 1 Farvardin 1403 was a Wednesday: only three of that week's days fall in 1403, so it is the last week of 1402,
    # which has 53 Tuesdays (its first and its last day) and so 53 weeks.
    assert list(periods.key(instants("2024-03-20T12:00", "2024-03-23T12:00"), "week")) == ["1402-W53", "1403-W01"]
    october = instants("2024-10-19T12:00", "2024-10-25T12:00")
    assert list(periods.key(october, "week", "gregorian", "UTC")) == ["2024-W43"] * 2


def test_clocks_that_skip_midnight():
    """Until 1401 Iran's clocks jumped over midnight of 2 Farvardin (00:00 → 01:00): that day must still begin once."""
    assert periods.start("1400-01-02") == pd.Timestamp("2021-03-21T20:30:00Z")
    assert periods.key(pd.Series([periods.start("1400-01-02")]), "day").iloc[0] == "1400-01-02"


def test_span_has_no_holes():
    """A chart with a missing month lies about the slope."""
    assert periods.span("1403-11", "1404-02") == ["1403-11", "1403-12", "1404-01", "1404-02"]
    weeks = periods.span("1402-W50", "1404-W02")
    starts = pd.Series([periods.start(week, "UTC") for week in weeks])
    assert (starts.diff().dropna() == pd.Timedelta(days=7)).all()
    with pytest.raises(ValueError, match="one kind"):
        periods.span("1403-11", "2024-12")


@pytest.mark.parametrize("bad", ["1403", "1403-7", "all", "1403-W60", "1403-13", "1402-12-30"])
def test_what_is_not_a_key_is_refused(bad):
    """1402 is no leap year, no year has 60 weeks: such keys must not map to some other day."""
    with pytest.raises(ValueError):
        periods.start(bad)


def test_labels_in_both_languages():
    """Persian digits and the key's own calendar in Persian; readers of English need not know Jalali months."""
    assert periods.label("1403-07", "fa") == "مهر ۱۴۰۳"
    assert periods.label("1403-07", "en") == "22 Sep–21 Oct 2024"
    assert periods.label("1403-10", "en") == "21 Dec 2024–19 Jan 2025"
    assert periods.label("1403-W30", "en") == "12–18 Oct 2024"
    assert periods.label("1403-07-12", "en") == "3 Oct 2024"
    assert periods.label("2024-10", "en") == "Oct 2024"
    assert periods.label("2024-10", "fa") == "اکتبر ۲۰۲۴"
    assert periods.label("1403-W30", "fa") == "هفتهٔ ۳۰ از ۱۴۰۳"
    assert periods.format_date(pd.Timestamp("2025-03-20T08:00Z"), "fa") == "۳۰ اسفند ۱۴۰۳"
    assert periods.format_date(pd.NaT, "fa") == ""


def test_weekday_and_running_week():
    """Series over years need a week number that never restarts, and hours need weekdays from Saturday."""
    times = instants("2024-10-18T12:00", "2024-10-19T12:00", "2024-10-25T12:00")
    assert list(periods.weekday(times)) == [6, 0, 6]
    weeks = periods.week_index(times)
    assert weeks[1] == weeks[0] + 1 == weeks[2]


def test_agrees_with_jdatetime_day_by_day():
    """The keys are jdatetime's dates, whatever shortcut we take."""
    days = [datetime.date(2019, 1, 1) + datetime.timedelta(days=i) for i in range(3000)]
    keys = periods.key(instants(*[f"{d}T12:00" for d in days]), "day")
    assert list(keys) == [jdatetime.date.fromgregorian(date=d).strftime("%Y-%m-%d") for d in days]
