"""Names of people, by the words around them and by lists of names (cxnlp/resources/words/names_*.txt).

A first name that is also a word («امید», Rose), and a family name alone, count only where the words around say that a
person is meant. Public figures, saints, places and brands do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Self

from cxnlp.prepare.privacy.fold import fold
from cxnlp.prepare.privacy.numbers import Found

_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’\-][^\W\d_]+)*")
_NOTHING: frozenset[str] = frozenset()


class Place:
    """One word of a text, with its neighbours. `words` are lower case and without ZWNJ."""

    language = ""

    def __init__(self, text: str, words: list[str], spans: list[tuple[int, int]], at: int) -> None:
        self.text, self.words, self.spans, self.at = text, words, spans, at
        self.word = words[at]
        self.flags = lists(self.language).get(self.word, _NOTHING)
        self.capital = text[spans[at][0]].isupper()

    def beside(self, offset: int) -> Self:
        """The place `offset` words away."""
        return type(self)(self.text, self.words, self.spans, self.at + offset)

    def neighbour(self, offset: int, between: str = " :«\"'\t\n") -> str:
        """The word `offset` away, if nothing but `between` stands between; else ""."""
        low, high = (self.at, self.at + offset) if offset > 0 else (self.at + offset, self.at)
        if low < 0 or high >= len(self.words):
            return ""
        for i in range(low, high):
            if self.text[self.spans[i][1] : self.spans[i + 1][0]].strip(between):
                return ""
        return self.words[self.at + offset]

    def name_length(self) -> int:
        """How many words from here on are a name; 0 where none starts here."""
        raise NotImplementedError

    def is_public(self) -> bool:
        """Whether the word is part of the name of someone known to all."""
        pairs = public_figures(self.language)
        return (self.neighbour(-1), self.word) in pairs or (self.word, self.neighbour(1)) in pairs


def names(text: str) -> Iterator[Found]:
    """Names in folded text."""
    from cxnlp.prepare.privacy.names_en import EnglishPlace
    from cxnlp.prepare.privacy.names_fa import PersianPlace

    raw = _WORD.findall(text)
    lower = [word.lower() for word in raw]
    if not text.isascii():
        lower = [word.replace("\u200c", "") for word in lower]
        if not _triggers("fa").isdisjoint(lower):
            yield from _find(text, lower, _triggers("fa"), PersianPlace)
    capitals = {a for a, b in zip(lower, raw) if a != b}
    if not (_capital_triggers().isdisjoint(capitals) and _triggers("en").isdisjoint(lower)):
        yield from _find(text, lower, _capital_triggers() | _triggers("en"), EnglishPlace)


def _find(text: str, words: list[str], triggers: frozenset[str], kind: type[Place]) -> Iterator[Found]:
    spans = [match.span() for match in _WORD.finditer(text)]
    done = 0
    for i, word in enumerate(words):
        if word not in triggers:
            continue
        for at in (i, i + 1, i + 2):  # the word itself, and what a title or a label introduces
            if done <= at < len(words) and (length := kind(text, words, spans, at).name_length()):
                yield "name", spans[at][0], spans[at + length - 1][1]
                done = at + length


@cache
def _triggers(language: str) -> frozenset[str]:
    """Words without which a text holds no name."""
    context = read_sections(f"context_{language}")
    listed = lists(language)
    words = {word for word, flags in listed.items() if language == "fa" or flags == {"given"}}
    introducing = {"am"} if language == "en" else {"من"} | context["closing"] | context["role"]
    return frozenset(words | context["title"] | context["label"] | context["i_am"] | introducing)


@cache
def _capital_triggers() -> frozenset[str]:
    return frozenset(word for word, flags in lists("en").items() if flags & {"given", "word"}) | {"this", "here"}


@cache
def lists(language: str) -> dict[str, frozenset[str]]:
    """Name -> sections of names_<language>.txt it stands in."""
    flags: dict[str, set[str]] = {}
    for section, words in read_sections(f"names_{language}").items():
        for word in words if section != "public" else ():
            flags.setdefault(word, set()).add(section)
    return {name: frozenset(sections) for name, sections in flags.items()}


@cache
def public_figures(language: str) -> frozenset[tuple[str, str]]:
    """First and last names of people known to all."""
    words = [_key(w) for name, line in _lines(f"names_{language}") if name == "public" for w in line.split()]
    return frozenset(pairwise(words))


@cache
def read_sections(name: str) -> dict[str, frozenset[str]]:
    """Section -> words of a word list, folded, lower case, without ZWNJ."""
    sections: dict[str, set[str]] = {}
    for section, line in _lines(name):
        sections.setdefault(section, set()).update(map(_key, line.split()))
    return {section: frozenset(words) for section, words in sections.items()}


def _lines(name: str) -> Iterator[tuple[str, str]]:
    from importlib.resources import files

    section = ""
    for line in (files("cxnlp") / "resources" / "words" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line and not line.startswith("#"):
            yield section, line


def _key(name: str) -> str:
    return fold(name).replace("\u200c", "").lower()
