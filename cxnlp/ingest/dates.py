"""Dates as exports have them → instants in UTC. What cannot be a date is null, never a guess.

Jalali and Gregorian, in digits (Persian, Arabic or Latin) or in words, day-first or month-first as the source says,
with a time anywhere around; spreadsheet serials and Unix epochs. In calendar "auto" years 1300…1499 are Jalali.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩يكىة٫", "01234567890123456789یکیه.")
JALALI_YEARS, GREGORIAN_YEARS = range(1300, 1500), range(1900, 2101)
SERIALS, EPOCHS = (20_000, 80_000), (631_152_000, 4_102_444_800)  # 1954…2119 in days, 1990…2100 in seconds

_JALALI = (
    "فروردین حمل farvardin|اردیبهشت ثور ordibehesht|خرداد جوزا khordad|تیر سرطان tir|مرداد امرداد اسد mordad|"
    "شهریور سنبله shahrivar|مهر میزان mehr|آبان ابان عقرب aban|آذر اذر قوس azar|دی جدی dey dei|بهمن دلو bahman|"
    "اسفند حوت esfand"
)
_GREGORIAN = (
    "january jan ژانویه جنوری ینایر|february feb فوریه فبروری فبرایر|march mar مارس مارچ|april apr آوریل اپریل ابریل|"
    "may مه می مایو|june jun ژوئن جون یونیو|july jul ژوئیه جولای یولیو|august aug اوت آگوست اگست اغسطس|"
    "september sept sep سپتامبر سپتمبر سبتمبر|october oct اکتبر اکتوبر|november nov نوامبر نومبر نوفمبر|"
    "december dec دسامبر دسمبر دیسمبر"
)
MONTHS = {
    word: (calendar, number)
    for calendar, names in (("jalali", _JALALI), ("gregorian", _GREGORIAN))
    for number, words in enumerate(names.split("|"), 1)
    for word in words.split()
}
_FILLER = re.compile(
    r"\b(?:ساعت|مورخ|تاریخ|روز|ماه|سال|در|at|on|of|the|ه ش|شنبه|(?:یک|دو|سه|چهار|پنج) ?شنبه|جمعه|"
    r"mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day)?\b|[,،;|()]"
)
_TIME = re.compile(
    r"(?<![\d./:-])(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?![\d:])\s*(am\b|pm\b|a\.m\.|p\.m\.|ق\.? ?ظ|ب\.? ?ظ|صبح|"
    r"عصر|(?:قبل|بعد) ?از ?ظهر)?\s*(z\b|utc\b|gmt\b|[+-]\d{2}:?\d{2}\b)?"
)
_DOT_TIME = re.compile(r"(?<![\d./:-])(\d{1,2})\.(\d{2})(?![\d./-])()()()")
_AFTERNOON = re.compile(r"p|ب|بعد|عصر")
_NUMERIC = re.compile(r"(\d{1,4})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{1,4})")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|م|ام)\b")


def to_utc(value: Any, zone: str, *, day_first: bool = True, calendar: str = "auto") -> datetime | None:
    """Instant in UTC of a cell (text, number, date or datetime); a naive time is in `zone` (name of a time zone).

    None for blanks and for everything that is not clearly one date.
    """
    if isinstance(value, datetime):
        return _instant(value.replace(tzinfo=None), value.tzinfo or ZoneInfo(zone)) if value == value else None
    if isinstance(value, date):
        return _instant(datetime.combine(value, time()), ZoneInfo(zone))
    if value is None or isinstance(value, bool):
        return None
    return _parse(str(value).strip()[:100], zone, day_first, calendar)


def join(parts: Sequence[Any]) -> Any:
    """One cell of several, e.g. a date and a time column; a single value stays what it is."""
    given = [p for p in parts if p is not None and p != "" and p == p]
    if len(given) <= 1:
        return given[0] if given else None
    return " ".join(str(p.date()) if isinstance(p, datetime) and p.time() == time() else str(p) for p in given)


@lru_cache(maxsize=1 << 16)
def _parse(text: str, zone: str, day_first: bool, calendar: str) -> datetime | None:
    text = " ".join(text.translate(_DIGITS).replace("\u200c", " ").replace("\u200f", "").lower().split())
    text = re.sub(r"(?<=\d)t(?=\d)", " ", text)
    if re.fullmatch(r"\d+(?:\.\d+)?", text) and (found := _number(text, zone)):
        return found
    rest, clock, offset = _take_time(text)
    day = _day(" ".join(_FILLER.sub(" ", rest).split()), day_first, calendar)
    if day is None or clock is None:
        return None
    return _instant(datetime.combine(day, clock), offset or ZoneInfo(zone))


def _number(text: str, zone: str) -> datetime | None:
    number = float(text)
    for seconds in (number, number / 1e3, number / 1e6, number / 1e9):
        if EPOCHS[0] <= seconds < EPOCHS[1]:
            return datetime.fromtimestamp(seconds, UTC)
    if SERIALS[0] <= number < SERIALS[1]:
        moment = datetime(1899, 12, 30) + timedelta(seconds=round(number * 86_400))  # day 0 of spreadsheets
        return _instant(moment, ZoneInfo(zone))
    return None


def _take_time(text: str) -> tuple[str, time | None, timezone | None]:
    """What is left without the time of day, that time (midnight if none, None if impossible) and its offset."""
    found = list(_TIME.finditer(text)) or list(_DOT_TIME.finditer(text))
    if not found:
        return text, time(), None
    match = found[0]
    hour, minute, second = (int(g or 0) for g in match.group(1, 2, 3))
    if match[4]:
        if not 1 <= hour <= 12 and not (hour < 24 and _AFTERNOON.match(match[4])):
            return text, None, None
        hour = hour % 12 + (12 if _AFTERNOON.match(match[4]) else 0)
    rest = text[: match.start()] + " " + text[match.end() :]
    if len(found) > 1 or hour > 23 or minute > 59 or second > 59:
        return rest, None, None
    return rest, time(hour, minute, second), _offset(match[5])


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes)) if minutes < 1440 else UTC


def _day(text: str, day_first: bool, calendar: str) -> date | None:
    if match := _NUMERIC.fullmatch(text):
        first, middle, last = match.group(1, 3, 4)
        if len(first) == 4 and len(last) <= 2:
            return _date(first, int(middle), int(last), None, calendar)
        day, month = (first, middle) if day_first else (middle, first)
        return _date(last, int(month), int(day), None, calendar) if len(first) <= 2 else None
    if re.fullmatch(r"\d{8}", text):
        return _date(text[:4], int(text[4:6]), int(text[6:]), None, calendar)
    words = _ORDINAL.sub("", text.replace("-", " ").replace("/", " ").replace(".", " ")).split()
    named = [w for w in words if w in MONTHS]
    numbers = [w for w in words if w.isascii() and w.isdigit()]
    if len(words) != 3 or len(named) != 1 or len(numbers) != 2:
        return None
    kind, month = MONTHS[named[0]]
    day, year = sorted(numbers, key=len) if len(numbers[0]) != len(numbers[1]) else numbers
    return _date(year, month, int(day), kind, calendar) if len(day) <= 2 else None


def _date(year_text: str, month: int, day: int, kind: str | None, calendar: str) -> date | None:
    """Day of a calendar; `kind` is the calendar that a month's name implies. None where there is no such day."""
    year = int(year_text)
    if len(year_text) == 2 and calendar == "gregorian" and kind != "jalali":
        year += 1900 if year >= 69 else 2000  # as POSIX reads two digits
    if kind is None:
        kind = calendar if calendar != "auto" else ("jalali" if year in JALALI_YEARS else "gregorian")
    try:
        if kind == "jalali":
            import jdatetime

            return jdatetime.date(year, month, day).togregorian() if year in JALALI_YEARS else None
        return date(year, month, day) if year in GREGORIAN_YEARS else None
    except ValueError:
        return None


def _instant(moment: datetime, zone: Any) -> datetime | None:
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
