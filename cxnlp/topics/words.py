"""Words of short quotes in Persian and English, safe for half-spaces: for keywords, labels and comparing topics.

Light on purpose and this room's own: the matching form of prepare/ drops half-spaces, which labels need.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

ZWNJ = "\u200c"
_FOLDER = Path(__file__).parent.parent / "resources" / "topics"
_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ە": "ه", "ۀ": "ه", "ة": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا", "ـ": None}
)
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_NOISE = re.compile(r"⟨[^⟩]*⟩|https?://\S+|www\.\S+|@\w+|&\w+;|[#*_~|<>\[\]{}\"“”«»]")
_INVISIBLE = re.compile("[\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_LOOSE_ZWNJ = re.compile(rf"{ZWNJ}+(?=[^\w]|$)|(?:(?<=[^\w])|^){ZWNJ}+|(?<={ZWNJ}){ZWNJ}+")
_SPLIT_PREFIX = re.compile(r"(?<!\w)(ن?می) (?=[آ-ی])")
_SPLIT_SUFFIX = re.compile(r"(?<=[آ-ی]) (های|هایی|هام|هاش|هاشون|ترین)(?!\w)")
_LONG = re.compile(r"(\w)\1{2,}")
_WORD = re.compile(rf"[^\W\d_]+(?:[{ZWNJ}'’][^\W\d_]+)*")
_PERSIAN = re.compile("[\u0600-\u06ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_SUFFIX = re.compile(rf"{ZWNJ}(?:ها|های|هایی|هام|هات|هاش|هاشون|تر|ترین|ام|ات|اش|ای|مان|تان|شان|مون|تون|شون)+$")


@cache
def stop_words() -> frozenset[str]:
    """Persian and English words that say nothing about a topic, as `tokens` writes them."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    files = [(_FOLDER / f"stopwords_{language}.txt").read_text(encoding="utf-8") for language in ("fa", "en")]
    lines = [line for file in files for line in file.splitlines() if not line.startswith("#")]
    listed = {normal(word) for line in lines for word in line.split()}
    return frozenset(listed | {word.replace(ZWNJ, "") for word in listed} | ENGLISH_STOP_WORDS)


@cache
def edges(side: str) -> frozenset[str]:
    """Words of a part of edges.txt, e.g. those that no label begins with (`lead`) or ends with (`trail`)."""
    lines = (_FOLDER / "edges.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if line.startswith(f"{side}:") for word in line.split()[1:])


def normal(text: str) -> str:
    """Persian letters for Arabic ones, no diacritics, links, handles or masks, half-spaces only inside words."""
    text = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    text = _INVISIBLE.sub("", _MARKS.sub("", _NOISE.sub(" ", text)))
    text = _SPLIT_SUFFIX.sub(rf"{ZWNJ}\1", _SPLIT_PREFIX.sub(rf"\1{ZWNJ}", text))
    return " ".join(_LOOSE_ZWNJ.sub("", _LONG.sub(r"\1", text)).split())


def tokens(text: str) -> list[str]:
    """Words in lower case; digits, single letters and punctuation are none. «کتاب‌ها» and «کتاب» are one word."""
    return list(_tokens(text))


@lru_cache(maxsize=50_000)
def _tokens(text: str) -> tuple[str, ...]:
    found = _WORD.findall(normal(text).lower().replace("’", "'"))
    return tuple(w for w in (_SUFFIX.sub("", w.replace("'", "")) for w in found) if len(w) > 1)


def content(text: str) -> list[str]:
    """`tokens` without stop words."""
    stop = stop_words()
    return [w for w in tokens(text) if w not in stop]


def places(wanted: Iterable[str], texts: Iterable[str]) -> dict[str, set[int]]:
    """Which of the texts, by their numbers from 0, hold each of the `wanted` words."""
    where: dict[str, set[int]] = {word: set() for word in wanted}
    for i, text in enumerate(texts):
        for word in where.keys() & tokens(text):
            where[word].add(i)
    return where


def naming(text: str) -> list[str]:
    """`content` without numbers and times, which name nothing by themselves."""
    bare = edges("bare")
    return [w for w in content(text) if w not in bare]


def key(text: str) -> str:
    """What two quotes have in common that say the same in the same words."""
    return " ".join(tokens(text))


def script(text: str) -> str | None:
    """`fa` or `en` if all letters are of that script; null for mixed text and for none."""
    persian, latin = bool(_PERSIAN.search(text)), bool(_LATIN.search(text))
    return None if persian == latin else "fa" if persian else "en"
