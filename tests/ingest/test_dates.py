"""Dates of exports: each form once, both calendars, and null for what is no date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import jdatetime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.ingest import dates

TEHRAN = "Asia/Tehran"
MONTHS = ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"]
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

# cell -> UTC; Tehran is 3:30 ahead, 4:30 in the summers before 1402
FORMS = {
    "2024-12-15": "2024-12-14 20:30",
    "2024-12-15T14:05:00Z": "2024-12-15 14:05",
    "2024-12-15T14:05:00.250+05:30": "2024-12-15 08:35",
    "2024-12-15 14:05": "2024-12-15 10:35",
    "20241215": "2024-12-14 20:30",
    "15/12/2024 14:05": "2024-12-15 10:35",
    "15-12-2024 14.05": "2024-12-15 10:35",
    "15.12.2024 2:05 PM": "2024-12-15 10:35",
    "Dec 15, 2024 at 2:05 pm": "2024-12-15 10:35",
    "Sunday, 15th December 2024": "2024-12-14 20:30",
    "Sun Dec 15 14:05:00 +0000 2024": "2024-12-15 14:05",
    "۱۵ دسامبر ۲۰۲۴": "2024-12-14 20:30",
    "1403/09/25 14:05": "2024-12-15 10:35",
    "14:05 ۱۴۰۳/۰۹/۲۵": "2024-12-15 10:35",
    "1403-09-25T14:05": "2024-12-15 10:35",
    "25/09/1403": "2024-12-14 20:30",
    "14030925": "2024-12-14 20:30",
    "۲۵ آذر ۱۴۰۳": "2024-12-14 20:30",
    "25 آذر ماه 1403 ساعت ۱۴:۰۵": "2024-12-15 10:35",
    "یکشنبه ۲۵ آذر ۱۴۰۳، ۲:۰۵ ب.ظ": "2024-12-15 10:35",
    "25 قوس 1403": "2024-12-14 20:30",
    "۲۳ شهریور ۱۴۰۲": "2023-09-13 20:30",
    "1 فروردين 1401": "2022-03-20 20:30",
    "15 تیر 1401": "2022-07-05 19:30",
    "30 اسفند 1403": "2025-03-19 20:30",
    "1734257100": "2024-12-15 10:05",
    "1734257100000": "2024-12-15 10:05",
    "45641.5868055556": "2024-12-15 10:35",
}
NO_DATES = [
    "not a date",
    "31 مهر 1404",
    "30 اسفند 1402",  # no leap year
    "1404/13/01",
    "2024-02-30",
    "12/25/2024",  # month first, while days come first
    "24-02-15",
    "0000-00-00",
    "2024-12-15 25:61",
    "10:00 11:00 2024-12-15",
    "yesterday",
    "12",
    "15 دسامبر",
    "",
    "9" * 400,
]


@pytest.mark.parametrize("cell", FORMS)
def test_forms(cell):
    """Every form that exports use gives the instant in UTC."""
    expected = datetime.fromisoformat(FORMS[cell]).replace(tzinfo=UTC)
    assert dates.to_utc(cell, TEHRAN) == pytest.approx(expected, abs=timedelta(seconds=1))


@pytest.mark.parametrize("cell", NO_DATES)
def test_no_dates(cell):
    """What cannot be one date is null: a wrong month in a trend is worse than a missing one."""
    assert dates.to_utc(cell, TEHRAN) is None


def test_order_and_calendar_are_the_sources():
    """The same cell is another day for a month-first source, and two-digit years need a stated calendar."""
    assert dates.to_utc("03/04/2024", "UTC").day == 3
    assert dates.to_utc("03/04/2024", "UTC", day_first=False).day == 4
    assert dates.to_utc("24/02/15", "UTC", calendar="gregorian") == datetime(2015, 2, 24, tzinfo=UTC)
    assert dates.to_utc("1403/09/25", "UTC", calendar="gregorian") is None


def test_typed_cells():
    """Spreadsheets and Parquet give dates as such; a zone of their own wins; NaT and booleans are nothing."""
    at = datetime(2024, 12, 15, 14, 5)
    assert dates.to_utc(at, TEHRAN) == datetime(2024, 12, 15, 10, 35, tzinfo=UTC)
    assert dates.to_utc(at.replace(tzinfo=timezone(timedelta(hours=1))), TEHRAN).hour == 13
    assert dates.to_utc(date(2024, 12, 15), "UTC") == datetime(2024, 12, 15, tzinfo=UTC)
    assert dates.to_utc(dates.join([datetime(2024, 12, 15), "14:05"]), "UTC").hour == 14
    for nothing in (None, float("nan"), True, datetime.min):
        assert dates.to_utc(nothing, TEHRAN) is None


@settings(deadline=None)
@given(st.dates(date(1921, 3, 21), date(2090, 1, 1)))
def test_round_trip(day):
    """A day written in Jalali digits, Jalali words or Gregorian digits comes back as that day."""
    jalali = jdatetime.date.fromgregorian(date=day)
    forms = [
        f"{jalali.year}/{jalali.month:02}/{jalali.day:02}",
        f"{jalali.day} {MONTHS[jalali.month - 1]} {jalali.year}".translate(PERSIAN),
        f"{day.day:02}.{day.month:02}.{day.year}",
        day.isoformat(),
    ]
    for form in forms:
        assert dates.to_utc(form, "UTC").date() == day


@settings(deadline=None)
@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"[0-9۰-۹/.:\- TZ]{1,20}")))
def test_never_raises(cell):
    """Any cell is a date with a zone, or nothing."""
    found = dates.to_utc(cell, TEHRAN)
    assert found is None or found.tzinfo is UTC
