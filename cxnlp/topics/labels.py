"""A label per topic and language: a phrase that people wrote, from that language's own texts.

Candidates are short quotes, their clauses, and runs of words that several quotes share. The best one uses the words
that are typical for the topic *and* said by several of its mentions, stands near its middle, and reads as a phrase:
two to seven words of one script, no digits, no loose half-spaces, something named beside numbers and times. Where the
reader can be asked, the name of a pain says by itself what is wrong, and that of a praise what is good.
A language in which a topic has no such phrase gets its touchpoint's label, marked with `≈`, and its typical word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from cxnlp import taxonomy
from cxnlp.topics import words

LANGUAGES = ("fa", "en")
MARK = "≈ "
SHORTEST, LONGEST = 2, 7  # words
SHARED = 3  # quotes that share a run of words, for it to be a candidate by itself
CENTRAL = 4.0  # weight of a quote's cosine to the centroid, beside its words' weight (0…2)
PART = 0.3  # what a clause loses against a whole quote, whose vector it shares; twice where its beginning is elsewhere
KIN, SELF = 0.6, 0.3  # what a phrase about somebody's kin or oneself loses: it tells a story, not the topic
LONELY = 0.6  # what a phrase loses of whose words the other quotes have none
COMMON = 0.4  # weight of how many say it
WHOLENESS = 1.0  # weight of beginning and ending where phrases do
ASKED, FELT = 12, 1.5  # so many of the best phrases are judged by their attitude too, and the weight of that
Feels = Callable[[Sequence[str]], Sequence[float]]  # attitude of each phrase by itself, -1 … 1
_STOP = re.compile(r"[.!?؟،؛,;:…()/\\=+–—]+|\s-+\s")
_CLAUSE = re.compile(
    r"\s(?:و(?!\s(?:نیم|ربع|نصفی)\b)|ولی|اما|ولیکن|چون|که|and|but|because|so|or|while|though|then)\s", re.I
)
_EDGE = " \t'’`^&$%-.\u200c"
_EMOJI = re.compile("[\U0001f000-\U0001ffff\u2190-\u2bff\ufe0f]")


class Edges:
    """Which words begin and end clauses, counted in all `quotes`: "arrived" ends them, "arrived at" does not."""

    def __init__(self, quotes: Iterable[str]) -> None:
        self.all: Counter[str] = Counter()
        self.first: Counter[str] = Counter()
        self.last: Counter[str] = Counter()
        for quote in quotes:
            for part, _ in _parts(quote):
                found = part.lower().split()
                self.all.update(found)
                self.first[found[0]] += 1
                self.last[found[-1]] += 1

    def wholeness(self, phrase: str) -> float:
        """How often the phrase's first word begins clauses and its last one ends them, 0…1, with a prior of a half."""
        found = phrase.lower().split()
        return (self._share(self.first, found[0]) + 2 * self._share(self.last, found[-1])) / 3

    def _share(self, edge: Counter[str], word: str) -> float:
        return (edge[word] + 1) / (self.all[word] + 2)


def best_label(
    quotes: Sequence[str],
    nearness: Sequence[float],
    typical: dict[str, float],
    language: str,
    taken: Collection[str],
    edges: Edges | None = None,
    fitting: Feels | None = None,
) -> str | None:
    """The phrase of `language` that says best what the quotes have in common; null if they hold none.

    `nearness` of each quote: its cosine to the centroid, less where it is doubtful; `typical` are the topic's words
    with weights; labels in `taken` (their `words.key`) are not used again; `edges` tells where phrases begin and end,
    `fitting` how well a phrase's attitude is the topic's, -1 … 1.
    """
    edges = edges or Edges(())
    shared = shared_words(quotes, typical)
    middle = sum(nearness) / len(nearness) if len(nearness) else 0.0
    best: dict[str, tuple[float, str]] = {}
    said: Counter[str] = Counter()
    for quote, near in zip(quotes, nearness, strict=True):
        found = dict(phrases(quote, language))
        runs = {run: 2 for run in _runs(quote, language) if run not in found}
        said.update({words.key(phrase) for phrase in (*found, *runs)})
        for phrase, cut in (found | runs).items():
            score = _score(phrase, shared) + CENTRAL * (near - middle) - PART * cut
            score += WHOLENESS * edges.wholeness(phrase)
            best[words.key(phrase)] = max(best.get(words.key(phrase), (-math.inf, "")), (score, phrase))
    clauses = {words.key(phrase) for quote in quotes for phrase, _ in phrases(quote, language)}
    ranked = sorted(
        (-score - COMMON * math.log(said[key]), key, phrase)
        for key, (score, phrase) in best.items()
        if key in clauses or said[key] >= SHARED
    )
    free = [(score, key, phrase) for score, key, phrase in ranked if key not in taken][:ASKED]
    if fitting is not None and len(free) > 1:
        felt = fitting([phrase for *_, phrase in free])
        free = sorted((score - FELT * fit, key, phrase) for (score, key, phrase), fit in zip(free, felt, strict=True))
    return free[0][2] if free else None


def phrases(quote: str, language: str) -> list[tuple[str, int]]:
    """Short phrases of a quote that could be labels, each with how far it is cut: 0 whole … 2 after a conjunction."""
    return [(_sentence_case(part, language), cut) for part, cut in _parts(quote) if fits(part, language)]


def _parts(quote: str) -> list[tuple[str, int]]:
    """The clauses of a quote, each with 0 if it is the whole quote, 1 if it begins a sentence, else 2."""
    lines = [_EMOJI.sub(" ", words.normal(line)) for line in quote.splitlines()]
    sentences = [_CLAUSE.split(part) for line in lines for part in _STOP.split(line)]
    found = [(_trim(part), 1 + (place > 0)) for parts in sentences for place, part in enumerate(parts)]
    found = [(part, cut) for part, cut in found if part]
    return [(found[0][0], 0)] if len(found) == 1 else found


def _runs(quote: str, language: str) -> Iterator[str]:
    """Runs of two to five words of a quote that could be labels if other quotes have them too."""
    for part, _ in _parts(quote):
        found = part.split()
        for size in range(SHORTEST, min(5, len(found) - 1) + 1):
            for start in range(len(found) - size + 1):
                run = " ".join(found[start : start + size])
                if _trim(run) == run and fits(run, language):
                    yield _sentence_case(run, language)


def fallback(touchpoint: str | None, language: str, word: str | None = None) -> str:
    """Label for a language in which no text names the topic: its touchpoint's, marked, with its most typical word."""
    label = MARK + taxonomy.load().label(touchpoint, language)
    return label if word is None else f"{label}: {word}"


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


def fits(part: str, language: str) -> bool:
    """Whether a phrase could be a label: two to seven words of one script that name something, without digits."""
    found = part.split()
    if not SHORTEST <= len(found) <= LONGEST or words.script(part) != language or not words.naming(part):
        return False
    if language == "en" and words.edges("finglish") & set(words.tokens(part)):
        return False
    if any((len(w) == 1 and w.lower() not in "aiو") or w in ("می", "نمی") for w in (found[0], found[-1])):
        return False  # a word was cut here
    if found[-1].endswith("\u200cی"):
        return False  # «کیسه‌ی»: what it belongs to was cut
    return all(c.isalpha() or c in " '’-\u200c&" for c in part)


def _sentence_case(part: str, language: str) -> str:
    """Capitals as written, where the writer used them for names; else only the first and "I"."""
    if language == "fa":
        return part
    rest = [word for word in part.split()[1:] if word.lower() != "i" and len(word) > 2]
    if part.isupper() or (rest and all(word[0].isupper() for word in rest)):
        part = part.lower()
    loud = {word for word in part.split() if len(word) > 1 and word.isupper() and not words.content(word)}
    part = " ".join(word.lower() if word in loud else word for word in part.split())
    part = re.sub(r"\bi\b", "I", part.replace("’", "'"))
    return part[0].upper() + part[1:]


def shared_words(quotes: Sequence[str], typical: dict[str, float]) -> dict[str, float]:
    """Weight 0…1 of the typical words that at least two different quotes have, best first."""
    distinct = {words.key(quote): quote for quote in quotes}.values()
    said = Counter(word for quote in distinct for word in set(words.naming(quote)))
    weighted = {word: value for word, value in typical.items() if said[word] > 1}
    top = max(weighted.values(), default=1.0)
    return {word: value / top for word, value in weighted.items()}


def _score(phrase: str, weight: dict[str, float]) -> float:
    found = set(words.naming(phrase))
    covered = sum(weight.get(word, 0.0) for word in found) / math.sqrt(len(found))
    length = len(phrase.split())
    story = KIN * bool(found & words.edges("kin")) + SELF * (phrase.lower().split()[0] in words.edges("self"))
    meagre = 0.4 if len(set(words.content(phrase))) < 2 else 0.0
    return (
        2 * covered - meagre - story - (0 if covered else LONELY) - 0.2 * max(0, 3 - length) - 0.15 * max(0, length - 5)
    )
