"""Sentences of informal Persian and English, with exact offsets.

Rules of our own: spaCy's sentencizer knows neither «خوب بود.ولی دیر رسید» (no space), nor emojis or line breaks as
ends.
Every character that is not white space lies in exactly one sentence.
"""

from __future__ import annotations

import re

LONG = 45  # words after which a sentence without punctuation is cut before the next conjunction
LONGEST = 70  # words after which it is cut anyway

_CLOSERS = "\"'”’»)\\]}"
_EMOJI_CLASS = "\u2600-\u27bf\u2b50\ufe0f\u200d\U0001f000-\U0001faff"
_EMOJI = f"[{_EMOJI_CLASS}]"
_PERSIAN = "[\u0621-\u06cc\u200c]"
_END = re.compile(  # possessive and anchored at the start of each run: linear in the length of the text
    rf"(?<![.!?؟…])[.!?؟…]++[{_CLOSERS}]*+(?=\s|{_EMOJI}|$)(?:\s?{_EMOJI}++)*+"  # the usual ends, emojis included
    rf"|(?<![!?؟…])[!?؟…]++(?=\w)|(?<!\.)\.{{2,}}+(?=\w)"  # «چرا؟جواب», "ok...then"
    rf"|(?<={_PERSIAN}{{2}})\.(?={_PERSIAN}{{2}})|(?<=[a-z][a-z])\.(?=[A-Z][a-z])"  # no space after the full stop
    rf"|(?<!{_EMOJI}){_EMOJI}++(?:\s?{_EMOJI}++)*+(?=\s?\w)"
    r"|؛|[\r\n\u2028\u2029]++"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nos|vs|approx|inc|ltd|dept|est|fig|min|max|e\.g|i\.e|a\.m|p\.m|etc"
    r"|[A-Za-z](?:\.[A-Za-z])*|\d{1,2}|ج|ص|ش|د|م|ک|خ|پ)\.$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\S+")
_CONJUNCTION = re.compile(
    r"(?:ولی|اما|چون|بعد|بعدش|البته|همچنین|و|but|because|and|so|then|however|also|which)$", re.IGNORECASE
)


def split(text: str) -> list[tuple[int, int]]:
    """Sentences as (start, end), in order, without white space around; [] where there is nothing but white space."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match[0] == "." and _abbreviation(text, match):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def _abbreviation(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop belongs to "Dr.", "e.g." or «۱.» and more follows on the line."""
    following = text[match.end() : match.end() + 2].strip()
    return bool(following and _ABBREVIATION.search(text[max(0, match.start() - 10) : match.end()]))


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return
    start += piece.index(stripped)
    end = start + len(stripped)
    if spans and not any(c.isalnum() for c in stripped) and "\n" not in text[spans[-1][1] : start]:
        spans[-1] = (spans[-1][0], end)  # stray marks belong to what they follow
    elif len(stripped) < 2 * LONG or stripped.count(" ") < LONG:
        spans.append((start, end))
    else:
        spans.extend(_cut(text, start, end))


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A run-on sentence, cut into shorter ones."""
    spans, words, last = [], 0, start
    for word in _WORD.finditer(text, start, end):
        if words >= LONGEST or (words >= LONG and _CONJUNCTION.match(word[0])):
            spans.append((start, last))
            start, words = word.start(), 0
        words += 1
        last = word.end()
    return [*spans, (start, end)]
