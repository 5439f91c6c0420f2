"""Mobile and landline numbers: Iranian ones by shape, all others by `phonenumbers`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxnlp.prepare.privacy.context import (
    AT_A_PLACE,
    LANDLINE,
    PHONE,
    amount,
    before,
    label,
    never_a_phone,
    something_else,
)
from cxnlp.prepare.privacy.numbers import Found

_GAP = r"[ \-_./()\u200c]{0,3}"
_START = r"(?<![A-Za-z0-9_@+])(?<!\d[.,/:])"
_IRAN = rf"\(?(?:(?:\+|00){_GAP}98{_GAP}(?:\(?0\)?{_GAP})?|98(?=9\d{{9}}))"
_MOBILE = re.compile(rf"{_START}(?:{_IRAN}|\(?0{_GAP})9(?:{_GAP}\d){{9}}(?![A-Za-z0-9_])")
_IN_WORDS = re.compile(r"صفر نه ?صد و [^\W\d]{2,6}(?: و [^\W\d]{2,4})?[،, \-]+\d{3}[،, \-]+\d\d[،, \-]+\d\d(?!\d)")
_MOBILE_BARE = re.compile(
    r"(?<![A-Za-z0-9_+])9[0-49]\d[ \-.]?\d{3}[ \-.]?\d{2}[ \-.]?\d{2}(?![A-Za-z0-9_])(?![.,/:\-]\d)"
)
_AREAS = "1[1347]|2[134568]|3[14-58]|4[145]|5[1468]|6[16]|7[14-7]|8[134-7]"
_LANDLINE = re.compile(
    rf"{_START}(?:\(?(?:\+|00){_GAP}98{_GAP}\(?0?|\(?0)(?:{_AREAS})\)?{_GAP}[1-9](?:{_GAP}\d){{7}}(?![A-Za-z0-9_])"
)
_LANDLINE_BARE = re.compile(
    rf"{_START}(?:\(?(?:{_AREAS})\)?[ \-]?)?[2-9]\d{{3}}[ \-]?\d{{4}}(?![A-Za-z0-9_])(?![.,/:\-]\d)"
)
_ABROAD = re.compile(rf"{_START}(?:\+|00)[1-9](?:{_GAP}\d){{7,14}}(?![A-Za-z0-9_])")
_NORTH_AMERICA = re.compile(
    r"(?<![A-Za-z0-9_+\-])(?<!\d[.,/:])(?:1[ \-.])?(?:\([2-9]\d\d\) ?"
    r"|[2-9]\d\d[ \-.])[2-9]\d\d[ \-.]\d{4}(?![A-Za-z0-9_])(?![.,/:\-]\d)"
)
_BRITAIN = re.compile(rf"(?<![A-Za-z0-9_+\-])(?<!\d[.,/:])\(?0[1-37](?:{_GAP}\d){{8,9}}(?![A-Za-z0-9_])(?![.,/:\-]\d)")

_TEN = re.compile(r"(?<![A-Za-z0-9_+\-])(?<!\d[.,/:])[2-9]\d{2}[ \-.]?\d{3}[ \-.]?\d{4}(?![A-Za-z0-9_])(?![.,/:\-]\d)")
_SEVEN = re.compile(r"(?<![A-Za-z0-9_+\-])[2-9]\d{2}[\-.]\d{4}(?![A-Za-z0-9_])(?![.,/:\-]\d)")
_PHONE_EN = label(
    r"phone|mobile|cell(?:phone)?|call(?: me)?(?: back)?|text(?: me)?|tel|telephone|contact|reach(?: me)?"
)


def mobiles(text: str) -> Iterator[Found]:
    """Iranian mobile numbers with 0, +98, 0098 or 98."""
    for match in _MOBILE.finditer(text):
        if not amount(text, *match.span()) and not never_a_phone(text, match.start()):
            yield "mobile", *_trim(match)


def mobiles_in_words(text: str) -> Iterator[Found]:
    """«صفر نهصد و سی و هشت، ۵۲۵، ۴۸، ۴۹»."""
    for match in _IN_WORDS.finditer(text):
        yield "mobile", *match.span()


def bare_mobiles(text: str) -> Iterator[Found]:
    """«9121234567»: without its zero, only where a word before says that it is a phone number."""
    for match in _MOBILE_BARE.finditer(text):
        if PHONE.search(before(text, match.start())) and not something_else(text, *match.span()):
            yield "mobile", *match.span()


def landlines(text: str) -> Iterator[Found]:
    """Iranian landlines with area code, or eight digits after «تلفن»."""
    for match in _LANDLINE.finditer(text):
        if not amount(text, *match.span()) and not never_a_phone(text, match.start()):
            yield "landline", *_trim(match)
    for match in _LANDLINE_BARE.finditer(text):
        if LANDLINE.search(before(text, match.start())) and not something_else(text, *match.span()):
            yield "landline", *_trim(match)


def phones_abroad(text: str) -> Iterator[Found]:
    """With a country code anything valid; without, North American and British shapes, or ten digits after "phone"."""
    for match in (*_TEN.finditer(text), *_SEVEN.finditer(text)):
        if _PHONE_EN.search(before(text, match.start())) and not something_else(text, *match.span()):
            yield "landline" if AT_A_PLACE.search(before(text, match.start())) else "mobile", *match.span()
    for pattern, region in ((_ABROAD, None), (_NORTH_AMERICA, "US"), (_BRITAIN, "GB")):
        for match in pattern.finditer(text):
            start, end = _trim(match)
            kind = _kind(text[start:end], region, before(text, start))
            if kind and not something_else(text, start, end) and not never_a_phone(text, start):
                yield kind, start, end


def _kind(number: str, region: str | None, context: str) -> str | None:
    from phonenumbers import NumberParseException, PhoneNumberType, is_possible_number, number_type, parse

    try:
        parsed = parse(re.sub(r"^00", "+", number) if region is None else number, region)
    except NumberParseException:
        return None
    kind = number_type(parsed)
    if kind == PhoneNumberType.MOBILE:
        return "mobile"
    if kind == PhoneNumberType.FIXED_LINE:
        return "landline"
    if region == "GB" and re.match(r"\(?07[1-9]", number):
        return "mobile"
    fictional = kind == PhoneNumberType.UNKNOWN and region == "US" and is_possible_number(parsed)
    if kind == PhoneNumberType.FIXED_LINE_OR_MOBILE or (fictional and re.search(r"\D", number)):
        return "landline" if AT_A_PLACE.search(context) else "mobile"
    return "mobile" if region is None and kind == PhoneNumberType.UNKNOWN and PHONE.search(context) else None


def _trim(match: re.Match[str]) -> tuple[int, int]:
    """Without an opening bracket that is not closed inside."""
    opened = match[0].startswith("(") and ")" not in match[0]
    return match.start() + opened, match.end()
