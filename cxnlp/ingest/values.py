"""Cells → values: scores with their range, yes and no, roles, texts. What cannot be read is null with a note."""

from __future__ import annotations

import ast
import json
import math
import re
import unicodedata
from functools import lru_cache
from typing import Any

_FOLD = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "\u200c": " ", "\u200f": "", "\u200e": "", "\ufeff": ""})
ASCII = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# «نه» (nine) is left out: it is also "no"
_WORDS = "zero صفر|one یک|two دو|three سه|four چهار چار|five پنج|six شش شیش|seven هفت|eight هشت|nine|ten ده"
NUMBERS = {word: float(n) for n, words in enumerate(_WORDS.split("|")) for word in words.split()}
YES = {"true", "1", "1.0", "yes", "y", "بله", "بلی", "آری", "recommended", "✓"}
NO = {"false", "0", "0.0", "no", "n", "خیر", "نه", "not_recommended", "not recommended"}
_NUMBER = re.compile(
    r"([+-]?\d{1,15}(?:[.,]\d{1,15})?)(?:\s*(?:/|از|of|out of)\s*(\d{1,3})(?:\.0+)?)?(?: ?(?:stars?|ستاره))?"
)
ROLES = {
    "customer": "customer user client caller visitor end-user consumer guest مشتری کاربر تماس‌گیرنده مراجع خریدار مهمان",
    "agent": "agent operator support advisor assistant rep representative staff admin company seller کارشناس اپراتور "
    "پشتیبان پشتیبانی پاسخگو همکار مسئول فروشنده",
    "bot": "bot chatbot system ivr ربات سیستم",
}


def fold(text: Any) -> str:
    """Form in which names are compared: compatibility forms, ي/ی and ك/ک, case, joiners and spaces made equal."""
    text = str(text)
    return _fold(text) if len(text) <= 100 else _fold.__wrapped__(text)


@lru_cache(maxsize=1 << 15)
def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_FOLD).casefold().split())


ROLE_OF = {fold(word): role for role, words in ROLES.items() for word in words.split()}


def is_missing(value: Any) -> bool:
    """None, NaN, NaT, blank text."""
    if type(value) is str:
        return not value or value.isspace()
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def text_of(value: Any) -> str | None:
    """Text of a cell as given, without NUL and half characters; lists inside cells become lines; None when blank."""
    if is_missing(value):
        return None
    if type(value) is str and value[0] != "[" and "\0" not in value:
        text = value.strip()
        return text if text.isascii() or not _SURROGATES.search(text) else _whole(text)
    items = value if isinstance(value, list | tuple) else _listed(value) if isinstance(value, str) else None
    if items is not None:
        value = "\n".join(part for part in map(text_of, items) if part)
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else str(value)
    text = text.replace("\0", "").strip()
    return _whole(text) or None


def _whole(text: str) -> str:
    """Halves of a surrogate pair joined, single ones replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def short(value: Any) -> str | None:
    """A name, id or label: one line, with the Arabic letters that old encodings put for Persian ی and ک mended."""
    text = text_of(value)
    return " ".join(text.split()).replace("ي", "ی").replace("ك", "ک") if text else None


def _listed(text: str) -> list[Any] | None:
    """Items of a cell such as `["a", "b"]` or `['a']`; None if it is no list."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")) or len(text) > 100_000:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            items = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(items, list) and all(isinstance(i, str) for i in items):
            return items
    return None


def number(value: Any, top: float | None = None) -> float | None:
    """Number of a cell: 4, "4.5", "۴٫۵", "4,5", "4/5" and "۴ از ۵" (of `top`), "five", «شیش», "★★★"; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    text = fold(value).translate(ASCII).strip(" .")
    if text in NUMBERS:
        return NUMBERS[text]
    if match := re.fullmatch(r"(★+)☆*", text):
        return float(len(match[1]))
    match = _NUMBER.fullmatch(text)
    if not match or (match[2] and (top is None or float(match[2]) != top)):
        return None
    return float(match[1].replace(",", "."))


def score(value: Any, low: float, top: float) -> float | None:
    """Number within low…top, else None."""
    found = number(value, top)
    return found if found is not None and low <= found <= top else None
