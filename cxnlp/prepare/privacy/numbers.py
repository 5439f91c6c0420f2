"""Bank, identity and postal numbers, and plates: found by shape, decided by check digits and context.

A finder takes folded text and yields (kind, start, end). A number whose check digits fail counts only where its own
label stands right before it («کد ملی», "card number"): a mistyped card is still a card. A number labelled as something
else (order, invoice, tracking, serial, price …) never counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from cxnlp.prepare.privacy.context import (
    ADDRESS,
    CARD,
    END,
    GAP,
    NATIONAL,
    PHONE,
    POSTAL,
    SHEBA,
    SSN,
    START,
    before,
    something_else,
)

Found = tuple[str, int, int]


def digits(text: str) -> str:
    """The digits of `text`."""
    return "".join(filter(str.isdigit, text))


@lru_cache(maxsize=4096)
def national_id_ok(number: str) -> bool:
    """Iranian national id (کد ملی): ten digits; with r = Σ dᵢ·(10−i) mod 11 over the first nine (i from 0), the last
    digit is r where r < 2, else 11 − r."""
    if len(number) != 10 or len(set(number)) == 1:
        return False
    rest = sum(int(digit) * (10 - i) for i, digit in enumerate(number[:9])) % 11
    return int(number[9]) == (rest if rest < 2 else 11 - rest)


def card_ok(number: str) -> bool:
    """Luhn (ISO/IEC 7812-1)."""
    from stdnum import luhn

    return len(set(number)) > 2 and bool(luhn.is_valid(number))


def iban_ok(number: str) -> bool:
    """MOD 97-10 and length (ISO 13616)."""
    from stdnum import iban

    return bool(iban.is_valid(number, check_country=False))


_SHEBA = re.compile(rf"(?<![A-Za-z0-9])(?:IR{GAP})?\d(?:{GAP}\d){{23}}(?!\d)", re.IGNORECASE)
_IBAN = re.compile(r"(?<![A-Za-z0-9])(?!IR)[A-Z]{2}[ \-]?\d\d(?:[ \-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])")


def ibans(text: str) -> Iterator[Found]:
    """Iranian sheba and other IBANs."""
    for match in _SHEBA.finditer(text):
        named = match[0][:1] in "iI"
        good = iban_ok("IR" + digits(match[0]))
        plausible = named and not something_else(text, *match.span())
        if good or plausible or SHEBA.search(before(text, match.start())):
            yield "sheba", *match.span()
    for match in _IBAN.finditer(text):
        for end in _ends(match):  # capitals after the number may have been taken for a part of it
            if iban_ok(re.sub(r"[ \-]", "", text[match.start() : end])):
                yield "sheba", match.start(), end
                break


def _ends(match: re.Match[str]) -> Iterator[int]:
    yield match.end()
    for gap in reversed(list(re.finditer(r"[ \-]", match[0]))):
        yield match.start() + gap.start()


_CARD = re.compile(
    rf"{START}(?:\d{{4}}(?:{GAP}\d{{4}}){{3}}|3[47]\d\d{GAP}\d{{6}}{GAP}\d{{5}}|[2-69]\d{{7}}[ \-]\d{{8}}){END}"
)


# First six digits of the cards of Iranian banks, as the Shetab network gives them out.
_BANKS = (
    "170019 207177 502229 502806 502908 502910 502938 504172 504706 505416 505785 505801 505809 507677 581874 "
    "585947 585983 589210 589463 603769 603770 603799 606256 606373 610433 621986 622106 627353 627381 627412 "
    "627488 627648 627760 627884 627961 628023 628157 636214 636949 639194 639217 639346 639347 639370 639599 "
    "639607 991975 "
)


def cards(text: str) -> Iterator[Found]:
    """Payment cards of 15 and 16 digits; a valid one of an Iranian bank is one even where it is called an order."""
    for match in _CARD.finditer(text):
        number = digits(match[0])
        valid = number[0] in "1234569" and card_ok(number)
        bank = number[:6] in _BANKS
        if CARD.search(before(text, match.start())) or (
            valid and (bank or (number[0] != "1" and not something_else(text, *match.span())))
        ):
            yield "card", *match.span()


_SSN = re.compile(r"(?<![\w\-])\d{3}([ \-]?)\d{2}\1\d{4}(?![\w\-])")
_NINO = re.compile(r"(?<!\w)(?:([A-CEGHJ-PR-TW-Z]{2})|[A-Z]{2}) ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)")
_NATIONAL = re.compile(rf"{START}(?:\d(?:{GAP}\d){{7,9}}){END}")
_TEN = re.compile(
    rf"{START}(?:\d{{10}}|\d{{3}}[ \-/.]\d{{6}}[ \-/.]\d|\d{{3}}[ \-]\d{{7}}|\d{{9}}-\d"
    rf"|\d{{3}}[ \-]\d{{3}}[ \-]\d{{4}}){END}"
)


def labelled_national_ids(text: str) -> Iterator[Found]:
    """Eight to ten digits after «کد ملی»: leading zeros may be missing."""
    for match in _NATIONAL.finditer(text):
        if NATIONAL.search(before(text, match.start())):
            yield "national_id", *match.span()


def national_ids(text: str) -> Iterator[Found]:
    """US and UK numbers, and ten digits with an Iranian check digit."""
    from stdnum.us import ssn

    for match in _SSN.finditer(text):
        if SSN.search(before(text, match.start())) or (match[1] == "-" and ssn.is_valid(match[0])):
            yield "national_id", *match.span()
    for match in _NINO.finditer(text):
        if match[1] or NATIONAL.search(before(text, match.start())):
            yield "national_id", *match.span()
    for match in _TEN.finditer(text):
        if national_id_ok(digits(match[0])) and not something_else(text, *match.span()):
            yield "national_id", *match.span()


_POSTAL = re.compile(rf"{START}\d(?:{GAP}\d){{9}}{END}")
_POSTAL_DASH = re.compile(rf"{START}[13-9]\d{{4}}-\d{{5}}{END}")
_POSTAL_BARE = re.compile(rf"{START}[13-9]\d{{9}}{END}")
_ADDRESS_FA = re.compile(r"خیابان|خیابون|کوچه|پلاک|بلوار|ادرس|میدان|طبقه|واحد")
_ZIP = re.compile(r"(?<![\w\-])\d{5}(?:-\d{4})?(?![\w\-])")
_US_STATE = re.compile(
    r"(?:,|\b[A-Z][a-z]+) +(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]"
    r"|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? *$"
)
_UK_POSTCODE = re.compile(
    r"(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d\d?|[A-HK-Y]\d\d?|\d[A-HJKPSTUW]"
    r"|[A-HK-Y]\d[A-Z]) ?\d[ABD-HJLNP-UW-Z]{2})(?!\w)"
)


def postal_codes(text: str) -> Iterator[Found]:
    """Iranian ten-digit codes."""
    for match in _POSTAL.finditer(text):
        if POSTAL.search(before(text, match.start())):
            yield "postal_code", *match.span()
    for match in _POSTAL_DASH.finditer(text):
        if ADDRESS.search(text) and not something_else(text, *match.span()):
            yield "postal_code", *match.span()
    for match in _POSTAL_BARE.finditer(text):
        if _ADDRESS_FA.search(text[max(0, match.start() - 60) : match.start()]) and not (
            something_else(text, *match.span()) or PHONE.search(before(text, match.start()))
        ):
            yield "postal_code", *match.span()


def short_postal_codes(text: str) -> Iterator[Found]:
    """US and UK codes, which are too short to count without an address around them."""
    for match in _ZIP.finditer(text):
        if POSTAL.search(before(text, match.start())) or _US_STATE.search(before(text, match.start())):
            yield "postal_code", *match.span()
    if ADDRESS.search(text) or re.search(r"post ?code", text, re.IGNORECASE):
        for match in _UK_POSTCODE.finditer(text):
            yield "postal_code", *match.span()


_LETTER = r"(?:الف|معلولین|ژ|[ابپتثجدزسشصطعفقکگلمنوهی])\u200d?"
_IRAN = r"(?:ایران|iran|ir)"
_D = r"[ \-,،|/_]{0,3}"  # between the parts of a plate
_PLATE = re.compile(
    rf"(?<!\w)(?:\d\d{_D}{_LETTER}{_D}\d{{3}}{_D}{_IRAN}{_D}\d\d|{_IRAN}{_D}\d\d{_D}(?:\d\d{_D}{_LETTER}{_D}\d{{3}}|\d{{3}}{_D}{_LETTER}{_D}\d\d)"
    rf"|\d{{3}}{_D}{_LETTER}{_D}\d\d{_D}{_IRAN}{_D}\d\d|\d\d{_LETTER}\d{{3}}[ \-]?\d\d)(?!\w)",
    re.IGNORECASE,
)
_PLATE_LABELLED = re.compile(
    rf"پلاک(?:\w{{0,3}} ?(?:ماشین|خودرو|خودروی|موتور|من|راننده|پیک|اش|ام|ش|م)?){{0,2}}[ :]*"
    rf"(\d\d{_D}{_LETTER}{_D}\d{{3}}(?:{_D}\d\d)?|\d{{3}}{_D}{_LETTER}{_D}\d\d(?:{_D}\d\d)?|\d{{3}}[ \-]\d{{5}})(?!\w)"
)
_PLATE_EN = re.compile(
    r"(?:plates?|registration|reg|tag)(?: ?(?:number|no|num|is|was|:|#|of|the|car|vehicle|,|-))* *"
    r"((?=[A-Z\-]* ?[A-Z\-]*\d)[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,4}(?:[ \-][A-Z0-9]{1,4})?)(?!\w)",
)
_UK_PLATE = re.compile(r"(?<!\w)[A-Z]{2}\d\d ?[A-Z]{3}(?!\w)")
_CAR = re.compile(r"plate|reg\b|registration|\bcar\b|vehicle|\bvan\b|driver|taxi", re.IGNORECASE)


def plates(text: str) -> Iterator[Found]:
    """Licence plates: Iranian ones by shape, others by their label."""
    for match in _PLATE.finditer(text):
        yield "plate", *match.span()
    if "پلاک" in text:
        for match in _PLATE_LABELLED.finditer(text):
            yield "plate", *match.span(1)
    if _CAR.search(text):
        for match in _PLATE_EN.finditer(text):
            yield "plate", *match.span(1)
        for match in _UK_PLATE.finditer(text):
            yield "plate", *match.span()
