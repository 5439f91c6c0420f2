"""A label per topic and language: a phrase that people wrote, from that language's own texts.

Candidates are short quotes and clauses of quotes nearest the centroid; the best one uses the topic's typical words,
is near its middle and is three to five words long. No digits, no letters of the other script, no loose half-spaces.
A language in which a topic has no text gets the touchpoint's label, marked with `≈`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

from cxnlp import taxonomy
from cxnlp.topics import words

LANGUAGES = ("fa", "en")
MARK = "≈ "
SHORTEST, LONGEST = 2, 7  # words
CENTRAL = 8.0  # weight of a quote's cosine to the centroid, beside its words' weight (0…2)
PART = 0.4  # what a clause loses against a whole quote, whose vector it shares
_CLAUSE = re.compile(
    r"[.!?؟،؛,;:…()\n\r/\\=+–—]+|\s-+\s|\s(?:و|ولی|اما|ولیکن|چون|که|and|but|because|so|or|while|though|then)\s", re.I
)
_EDGE = " \t'’`^&$%-.\u200c"
_FIRST_PERSON = re.compile(r"\bi\b")
_EMOJI = re.compile("[\U0001f000-\U0001ffff\u2190-\u2bff\ufe0f]")


def best_label(
    quotes: Sequence[str], cosines: Sequence[float], typical: dict[str, float], language: str, taken: Collection[str]
) -> str | None:
    """The phrase of `language` that says best what the quotes have in common; null if they hold none.

    `quotes` stand nearest first with their `cosines` to the centroid; `typical` are the topic's words with weights;
    labels in `taken` (their `words.key`) are not used again.
    """
    weight = _relative(typical)
    middle = sum(cosines) / len(cosines) if len(cosines) else 0.0
    best: dict[str, tuple[float, str]] = {}
    seen: dict[str, int] = {}
    for quote, cosine in zip(quotes, cosines, strict=True):
        for phrase, whole in phrases(quote, language):
            key = words.key(phrase)
            seen[key] = seen.get(key, 0) + 1
            score = _score(phrase, weight) + CENTRAL * (cosine - middle) - (0 if whole else PART)
            if score > best.get(key, (-math.inf, ""))[0]:
                best[key] = score, phrase
    ranked = sorted((-score - 0.3 * math.log(seen[key]), key, phrase) for key, (score, phrase) in best.items())
    return next((phrase for _, key, phrase in ranked if key not in taken), None)


def phrases(quote: str, language: str) -> list[tuple[str, bool]]:
    """Short phrases of a quote that could be labels, each with whether it is the whole quote."""
    parts = [p for p in (_trim(part) for part in _CLAUSE.split(_EMOJI.sub(" ", words.normal(quote)))) if p]
    whole = len(parts) == 1
    return [(_sentence_case(part, language), whole) for part in parts if _fits(part, language)]


def fallback(touchpoint: str | None, language: str) -> str:
    """Label for a language in which the topic has no text: its touchpoint's, marked."""
    return MARK + taxonomy.load().label(touchpoint, language)


def is_fallback(label: object) -> bool:
    """Whether a label is missing or made without a text of its language."""
    return not isinstance(label, str) or label.startswith(MARK)


def _trim(part: str) -> str:
    found = part.strip(_EDGE).split()
    while found and found[0].lower() in words.edges("lead"):
        found = found[1:]
    while found and found[-1].lower().strip(_EDGE) in words.edges("trail"):
        found = found[:-1]
    return " ".join(found).strip(_EDGE)


def _fits(part: str, language: str) -> bool:
    found = part.split()
    if not SHORTEST <= len(found) <= LONGEST or words.script(part) != language or not words.content(part):
        return False
    if any((len(w) == 1 and w.lower() not in "aiو") or w in ("می", "نمی") for w in (found[0], found[-1])):
        return False  # a word was cut here
    return all(c.isalpha() or c in " '’-\u200c&" for c in part)


def _sentence_case(part: str, language: str) -> str:
    if language == "fa":
        return part
    part = _FIRST_PERSON.sub("I", part.lower().replace("’", "'"))
    return part[0].upper() + part[1:]


def _relative(typical: dict[str, float]) -> dict[str, float]:
    top = max(typical.values(), default=1.0)
    return {word: value / top for word, value in typical.items()}


def _score(phrase: str, weight: dict[str, float]) -> float:
    found = words.content(phrase)
    covered = sum(weight.get(word, 0.0) for word in set(found)) / math.sqrt(len(found))
    length = len(phrase.split())
    meagre = 0.4 if len(set(found)) < 2 else 0.0
    return 2 * covered - meagre - 0.2 * max(0, 3 - length) - 0.15 * max(0, length - 5)
