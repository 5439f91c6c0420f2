"""Names of people, by the words around them and by lists of names (cxnlp/resources/words/names_*.txt).

A first name that is also a word («امید», Rose), and a family name alone, count only where the words around say that a
person is meant. Public figures, saints, places and brands do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from cxnlp.prepare.privacy.fold import fold
from cxnlp.prepare.privacy.numbers import Found

_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’\-][^\W\d_]+)*")


class Token(NamedTuple):
    """A word with its place and what the lists say of it."""

    word: str
    start: int
    end: int
    flags: frozenset[str]


def names(text: str) -> Iterator[Found]:
    """Names in folded text."""
    from cxnlp.prepare.privacy import names_en, names_fa

    persian = any("\u0600" <= c <= "\u06ff" for c in text)
    if persian:
        yield from names_fa.find(text, _tokens(text, "fa"))
    if not text.isascii() or text != text.lower() or persian is False:
        yield from names_en.find(text, _tokens(text, "en"))


def _tokens(text: str, language: str) -> list[Token]:
    lexicon = lists(language)
    nothing: frozenset[str] = frozenset()
    tokens = []
    for match in _WORD.finditer(text):
        word = match[0].replace("\u200c", "") if language == "fa" else match[0]
        tokens.append(Token(word, match.start(), match.end(), lexicon.get(word.lower(), nothing)))
    return tokens


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
    return frozenset(zip(words, words[1:]))


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
