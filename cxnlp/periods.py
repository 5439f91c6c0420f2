"""Days, weeks, months: the only place that knows calendars.

A period is named by its key: `1403-07-12` (day), `1403-W30` (week), `1403-07` (month). Years below 1700 are Jalali,
the others Gregorian. Weeks start on Saturday in both calendars. As in ISO 8601, a week belongs to the year that holds
its fourth day (here Tuesday), so that week 1 is the first one with at least four days in the year.
Instants are UTC; days begin at local midnight of `timezone` (or at the first instant after it, where clocks skip it).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Period = Literal["day", "week", "month"]
Calendar = Literal["jalali", "gregorian"]
TEHRAN = "Asia/Tehran"

_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_GREGORIAN_YEAR = 1700
_KEY = re.compile(r"(\d{4})(?:-W(\d{2})|-(\d{2})(?:-(\d{2}))?)")
_TO_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_MONTHS: dict[tuple[str, str], tuple[str, ...]] = {
    ("jalali", "fa"): (
        "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
    ),
    ("gregorian", "fa"): (
        "ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر",
    ),
    ("gregorian", "en"): ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}  # fmt: skip
WEEKDAYS: dict[str, tuple[str, ...]] = {  # from Saturday
    "fa": ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه"),
    "en": ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}


def key(times: pd.Series, period: Period, calendar: Calendar = "jalali", timezone: str = TEHRAN) -> pd.Series:
    """Key of the period that holds each instant of `times` (UTC); null where the time is null. Index is kept."""
    import pandas as pd

    days = days_since_epoch(times, timezone)
    keys = {day: _key_of_day(int(day), period, calendar) for day in days.dropna().unique()}
    return pd.Series([keys.get(day) for day in days], index=times.index, name=times.name, dtype="str")


def days_since_epoch(times: pd.Series, timezone: str = TEHRAN) -> pd.Series:
    """Local calendar day of each instant, as days since 1970-01-01 (Float64; null where the time is null)."""
    import pandas as pd

    if times.dt.tz is None:
        raise ValueError("times must carry a time zone (UTC); localise them when they are read")
    local = times.dt.tz_convert(timezone).dt.tz_localize(None)
    return ((local - pd.Timestamp(0)) // pd.Timedelta(days=1)).astype("Float64")


def week_index(times: pd.Series, timezone: str = TEHRAN) -> pd.Series:
    """Number of the Saturday week of each instant, counting on without regard to years (Float64); for series."""
    return (days_since_epoch(times, timezone) + 5) // 7  # 1970-01-01 was a Thursday, the fifth day from Saturday


def weekday(times: pd.Series, timezone: str = TEHRAN) -> pd.Series:
    """Local day of the week, 0 = Saturday … 6 = Friday (Float64; null where the time is null)."""
    return (days_since_epoch(times, timezone) + 5) % 7


def start(period_key: str, timezone: str = TEHRAN) -> pd.Timestamp:
    """First instant of a period, in UTC. Raises ValueError for what is not a key."""
    import pandas as pd

    first = pd.Timestamp(_first_day(period_key))
    return first.tz_localize(timezone, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC")


def span(first: str, last: str) -> list[str]:
    """All keys from `first` to `last`, both included, without holes."""
    period, calendar = kind(first), calendar_of(first)
    if (period, calendar) != (kind(last), calendar_of(last)):
        raise ValueError(f"{first!r} and {last!r} are not keys of one kind and calendar")
    keys, current = [], first
    while current <= last:
        keys.append(current)
        current = shift(current, 1)
    return keys


def shift(period_key: str, by: int) -> str:
    """The key `by` periods later (earlier if negative)."""
    period, calendar = kind(period_key), calendar_of(period_key)
    if period == "month":
        months = int(period_key[:4]) * 12 + int(period_key[5:7]) - 1 + by
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    step = 7 if period == "week" else 1
    return _key_of_day((_first_day(period_key) + timedelta(days=step * by)).toordinal() - _EPOCH, period, calendar)


def kind(period_key: str) -> Period:
    """day, week or month. Raises ValueError for what is not a key."""
    match = _KEY.fullmatch(period_key)
    if match is None:
        raise ValueError(f"{period_key!r} is not a period key such as 1403-07, 1403-W30 or 1403-07-12")
    return "week" if match[2] else "day" if match[4] else "month"


def calendar_of(period_key: str) -> Calendar:
    """The calendar that a key is written in."""
    return "gregorian" if int(period_key[:4]) >= _FIRST_GREGORIAN_YEAR else "jalali"


@lru_cache(maxsize=100_000)
def label(period_key: str, language: str) -> str:
    """A key for readers: «مهر ۱۴۰۳», «هفتهٔ ۳۰ از ۱۴۰۳», «۱۲ مهر ۱۴۰۳»; "Oct 2024", "week 30 of 2024", "12 Oct 2024".

    In English, Jalali periods are said by their Gregorian days: "22 Sep–21 Oct 2024".
    """
    if period_key == "all":
        return {"fa": "همهٔ دوره‌ها", "en": "all periods"}[language]
    period, year = kind(period_key), period_key[:4]
    if language == "en" and calendar_of(period_key) == "jalali":
        return _days(_first_day(period_key), _first_day(shift(period_key, 1)) - timedelta(days=1))
    if period == "week":
        number = int(period_key[6:])
        return persian_digits(f"هفتهٔ {number} از {year}") if language == "fa" else f"week {number} of {year}"
    month = _MONTHS[calendar_of(period_key), language][int(period_key[5:7]) - 1]
    day = f"{int(period_key[8:])} " if period == "day" else ""
    return persian_digits(f"{day}{month} {year}") if language == "fa" else f"{day}{month} {year}"


def _days(first: date, last: date) -> str:
    """ "22 Sep–21 Oct 2024", "19–25 Oct 2024", "12 Oct 2024"."""
    month, end = (_MONTHS["gregorian", "en"][d.month - 1] for d in (first, last))
    tail = f"{last.day} {end} {last.year}"
    if first == last:
        return tail
    if first.year != last.year:
        return f"{first.day} {month} {first.year}–{tail}"
    return f"{first.day}–{tail}" if month == end else f"{first.day} {month}–{tail}"


def format_date(time: pd.Timestamp, language: str, calendar: Calendar = "jalali", timezone: str = TEHRAN) -> str:
    """One instant as a date for readers: «۱۲ مهر ۱۴۰۳» or "12 Oct 2024"; an empty string for null."""
    import pandas as pd

    if pd.isna(time):
        return ""
    return label(key(pd.Series([time]), "day", calendar, timezone).iloc[0], language)


def persian_digits(text: str) -> str:
    """ASCII digits as Persian ones."""
    return text.translate(_TO_PERSIAN)


@lru_cache(maxsize=100_000)
def _key_of_day(day: int, period: Period, calendar: Calendar) -> str:
    if period == "week":
        saturday = day - (day + 5) % 7
        year, *_ = _year_month_day(saturday + 3, calendar)
        number = (saturday + 3 - (_ordinal(year, 1, 1, calendar) - _EPOCH)) // 7 + 1
        return f"{year:04d}-W{number:02d}"
    year, month, number = _year_month_day(day, calendar)
    return f"{year:04d}-{month:02d}" if period == "month" else f"{year:04d}-{month:02d}-{number:02d}"


def _first_day(period_key: str) -> date:
    """Gregorian date of a period's first day."""
    period, calendar, year = kind(period_key), calendar_of(period_key), int(period_key[:4])
    if period == "week":
        tuesday = _ordinal(year, 1, 1, calendar) + 7 * (int(period_key[6:]) - 1)  # a day of that week or the next
        day = tuesday - _EPOCH
        saturday = day - (day + 5) % 7
        while _key_of_day(saturday, "week", calendar) < period_key:
            saturday += 7
        if _key_of_day(saturday, "week", calendar) != period_key:
            raise ValueError(f"there is no week {period_key!r} in the {calendar} calendar")
        return date.fromordinal(saturday + _EPOCH)
    day_of_month = int(period_key[8:]) if period == "day" else 1
    return date.fromordinal(_ordinal(year, int(period_key[5:7]), day_of_month, calendar))


def _year_month_day(day: int, calendar: Calendar) -> tuple[int, int, int]:
    gregorian = date.fromordinal(day + _EPOCH)
    if calendar == "gregorian":
        return gregorian.year, gregorian.month, gregorian.day
    import jdatetime

    jalali = jdatetime.date.fromgregorian(date=gregorian)
    return jalali.year, jalali.month, jalali.day


def _ordinal(year: int, month: int, day: int, calendar: Calendar) -> int:
    if calendar == "gregorian":
        return date(year, month, day).toordinal()
    import jdatetime

    return jdatetime.date(year, month, day).togregorian().toordinal()
