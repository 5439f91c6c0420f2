"""Postal addresses: street words with a number. A street alone («خیابان ولیعصر») is a place and stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxnlp.prepare.privacy.numbers import Found

_S = r"[ \u200c]"
_STREET = (
    r"(?:خیابان|خیابون|خ|بلوار|میدان|میدون|کوچه|کوی|بن بست|بن‌بست|بزرگراه|اتوبان|شهرک|محله|فلکه"
    r"|چهار ?راه|سه ?راه|جاده|خیابان‌های|گذر"
    r"|مجتمع|برج|ساختمان|ساختمون|شهر|روستای|استان|کیلومتر|پاساژ|نبش|بعد از|جنب|روبروی|روبه‌روی|تقاطع)"
)
_NUMBERED = r"(?:پلاک|پ|واحد|طبقه|ط|زنگ|بلوک|فاز|کوچه|ورودی|آپارتمان|اپارتمان|قطعه|پلاکه)"
_NUMBER = r"(?:\d{1,5}(?:[/\-]\d{1,3})?|همکف|اول|دوم|سوم|چهارم|پنجم|ششم|هفتم|یک|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده)"
_UNIT = rf"{_NUMBERED}{_S}*[:.]?{_S}*{_NUMBER}(?![\w])"
_UNITS = rf"{_UNIT}(?:[ ،,\-–/\u200c]*(?:و )?{_UNIT})*"
_WORDS = r"[^\n.!?؟:؛\ue000«»()]"
_HARD_UNIT = re.compile(r"پلاک|واحد|(?<!\w)پ[ .:]|طبقه|بلوک|زنگ|کوچه")
_CITY = (
    r"(?:تهران|مشهد|اصفهان|شیراز|تبریز|کرج|قم|اهواز|کرمانشاه|رشت|ارومیه|زاهدان|همدان|کرمان|یزد|اردبیل|بندرعباس|اراک|قزوین|زنجان|گرگان"
    r"|ساری|سنندج|خرم ?اباد|بوشهر|کاشان|بابل|امل|دزفول|نیشابور|سبزوار)"
)
_FA = re.compile(
    rf"(?<!\w)(?:(?:{_CITY}|[^\W\d]{{3,}}{_S}?اباد)[ ،,\-–]+)?{_STREET}(?![^\W\d]){_WORDS}{{1,70}}?(?<!\w){_UNITS}"
    rf"|(?<!\w)(?:[^\W\d]+ \d{{1,3}}[ ،,]+)?پلاک{_S}*{_NUMBER}(?!\w)[ ،,\-\u200c]*(?:{_UNITS})"
    rf"|(?<!\w)(?:[^\W\d]+ \d{{1,3}}[ ،,]+)پلاک{_S}*\d{{1,5}}(?!\w)"
)
_FA_LABELLED = re.compile(
    rf"(?:ا?ادرس|نشانی)\w{{0,3}}(?: ?(?:من|ما|منزل|خونه|خانه|تحویل|پستی|جدید|محل کار|اینه|هم"
    rf"|دقیق))*(?: ?(?:است|هست|میشه))? ?[:،\-]? ?"
    rf"((?:{_CITY}[ ،,\-–]+)?{_WORDS}{{0,25}}?(?<!\w){_STREET}(?![^\W\d])(?:{_WORDS}(?!ارسال|بفرست"
    rf"|هست|است|تحویل|نیومد|مراجعه|رو |را )){{2,60}}(?![^\W\d]))"
)
_SUFFIX = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Way|Terrace|Close|Crescent|Square|Sq|Parkway|Pkwy"
    r"|Highway|Hwy|Grove|Gardens|Circle|Trail|Row|Mews)"
)
_SURE = r"(?:street|road|avenue|lane|boulevard|blvd|ave)"
_FLAT = r"(?:(?i:apartment|apt|unit|suite|ste|flat|room|floor|#)\.? ?#?\d{0,4}[A-Za-z]?(?!\w))"
_TAIL = rf"(?:[,.]? {_FLAT})?(?:, (?:[A-Z][a-z]+ ?){{1,3}}(?:,? [A-Z]{{2}}(?![\w]))?)?"
_EN = re.compile(
    rf"(?<![\w$£€.,/\-])(?:{_FLAT},? )?\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})?,? (?:(?:[NSEW]|North|South"
    rf"|East|West)\.? )?(?:(?:[A-Z][a-z'’]+|\d{{1,3}}(?:st|nd|rd"
    rf"|th)) ){{1,3}}{_SUFFIX}(?![\w])\.?{_TAIL}"
    rf"|(?<![\w$£€.,/\-])\d{{1,5}}[a-z]? (?!star|minute|hour|day|way|mile|people|different"
    rf"|lane )(?:[a-z]+ ){{1,2}}{_SURE}(?!\w)(?:,? {_FLAT})?"
    r"|(?<!\w)P\.? ?O\.? Box \d{1,6}",
)
_ANY_FA = re.compile(r"پلاک|واحد|کوچه|ادرس|نشانی|طبقه|بلوک| پ ?\d")
_ANY_EN = re.compile(rf"\d[A-Za-z]?,? [\w'’. ]{{2,40}}(?:{_SUFFIX}|{_SURE})(?!\w)|Box \d", re.IGNORECASE)


def addresses(text: str) -> Iterator[Found]:
    """Addresses in folded text."""
    if _ANY_FA.search(text):
        labelled = [_labelled(match) for match in _FA_LABELLED.finditer(text)]
        for start, end in _joined(text, sorted(labelled + [match.span() for match in _FA.finditer(text)])):
            found = text[start:end]
            named = (
                any(start <= s < end for s, _ in labelled) and len(re.findall(rf"(?<!\w){_STREET}(?!\w)", found)) > 1
            )
            if named or (_HARD_UNIT.search(found) and re.search(r"\d", found)):
                yield "address", start, end
    if _ANY_EN.search(text):
        for match in _EN.finditer(text):
            yield "address", match.start(), match.start() + len(match[0].rstrip(" .,"))


def _labelled(match: re.Match[str]) -> tuple[int, int]:
    """What follows «آدرس:», up to its last numbered part where it has one."""
    ends = [unit.end() for unit in re.finditer(_UNIT, match[1])]
    return match.start(1), match.start(1) + (ends[-1] if ends else len(match[1].rstrip(" ،,-")))


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans, and spans with only a comma between, as one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip(" ،,-"):
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
