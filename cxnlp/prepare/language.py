"""Language of a text or sentence: fa | en | mixed | finglish | other, or None where there is nothing to read.

Script decides first, then words: frequent words of English, Persian in Latin letters, Arabic and a dozen other
languages (cxnlp/resources/words). finglish is Persian typed in Latin letters; mixed is Persian and
English, both more than a name or a term; other is any other language. Each text is decided alone: no batch changes the
answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

LANGUAGES = ("fa", "en", "mixed", "finglish", "other")

BEGINNING = 4000  # characters by which the language of a text is told; an endless word costs their square
_NOISE = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+\-]+@[\w\-]+\.[\w.\-]+|[@#][\w\u200c]+|⟨\w+⟩|\b\w*\d\w*\b|&\w+;|[\u064b-\u065f\u0670\u0640]"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’\u200c][^\W\d_]+)*")
_ARABIC_SCRIPT = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN_SCRIPT = re.compile("[a-zà-ɏ]", re.IGNORECASE)
_ACCENTED = re.compile("[à-öø-ɏ\u0307]")  # of lower-case words; no IGNORECASE, under which ı is i
_OTHER_LETTERS = re.compile("[ڕڵێۆڤٹڈڑےںڼځڅډړږښڭۇۈۋې]|ە[^\\W_]")  # Kurdish, Urdu, Pashto, Uyghur
_PERSIAN_LETTERS = re.compile("[پچژگیک]")
_ARABIC_LETTERS = re.compile("[ةأإ]|^و?(?:ال|لل|بال)..")


def detect(text: str) -> str | None:
    """Language of one text, by its beginning (`BEGINNING` characters); also of a single word."""
    arabic: list[str] = []
    latin: list[str] = []
    others = 0
    for word in _WORD.findall(_NOISE.sub(" ", text[:BEGINNING])):
        if _ARABIC_SCRIPT.match(word):
            arabic.append(word)
        elif _LATIN_SCRIPT.match(word):
            latin.append(word)
        else:
            others += len(word)
    if others > sum(map(len, arabic)) + sum(map(len, latin)):
        return "other"
    if not arabic:
        return _latin([word.lower() for word in latin]) if latin else None
    if latin and _is_mixed(arabic, latin):
        return "mixed"
    return _arabic_script(arabic) if 2 * len(arabic) >= len(latin) else _latin([word.lower() for word in latin])


def detect_many(texts: Iterable[str | None]) -> list[str | None]:
    """`detect` of each text, None for None."""
    return [None if text is None else detect(text) for text in texts]


def _is_mixed(arabic: list[str], latin: list[str]) -> bool:
    small = [word for word in latin if word.islower()]  # capitals are mostly names of things
    english = sum(1 for word in small if word in lexicon("english") and word not in lexicon("terms"))
    foreign = english + sum(1 for word in small if _is_finglish(word) and word not in lexicon("english"))
    if not foreign:
        return False
    if len(arabic) == 1 and foreign > 5:
        return False
    share = foreign / (foreign + len(arabic))
    return share >= 0.25 or (foreign >= 3 and share >= 0.12)


def _arabic_script(words: list[str]) -> str:
    if 4 * sum(1 for word in words if _OTHER_LETTERS.search(word)) >= len(words):
        return "other"
    persian = arabic = 0.0
    for word in words:
        known_fa, known_ar = _fold(word) in lexicon("persian"), word in lexicon("arabic")
        persian += (known_fa and not known_ar) + 0.5 * bool(_PERSIAN_LETTERS.search(word))
        arabic += (known_ar and not known_fa) + 0.5 * bool(not known_fa and _ARABIC_LETTERS.search(word))
    return "other" if arabic > persian and arabic >= 1 else "fa"


def _fold(word: str) -> str:
    return word.replace("ي", "ی").replace("ك", "ک")


def _latin(words: list[str]) -> str:
    english = finglish = other = 0.0
    for word in words:
        in_english, in_finglish = word in lexicon("english"), _is_finglish(word)
        in_other = word in lexicon("latin_other") or bool(_ACCENTED.search(word))
        english += in_english * (0.3 if in_finglish or in_other else 1)
        finglish += in_finglish * (0.3 if in_english or len(word) < 3 else 1)
        other += in_other * (0.3 if in_english or in_finglish else 1)
    enough = finglish >= 0.3 * len(words) or (finglish >= 2 and english <= 0.15 * len(words))
    if finglish >= 1 and finglish > max(english, other) and enough:
        return "finglish"
    if (
        other > max(english, finglish)
        and (other >= 2 or (other >= 1 and len(words) <= 3))
        and other >= 0.25 * len(words)
    ):
        return "other"
    return "en"


_VERB = re.compile(r"^(?:ne|n)?mi[a-z]{2,}(?:am|i|e|ad|im|id|in|an|and)$")
_SUFFIX = re.compile(
    r"(?:hatun|hatoon|hashun|hash|ham|haye|hay|ha|ashun|etun|etoon|esh|ash|et|at|am|em|tar|tarin|tarine|o|e|ye|i|ie|a|an|un)$"
)


@lru_cache(maxsize=1 << 15)
def _is_finglish(word: str) -> bool:
    """Whether a lower-case Latin word is Persian: known, a known word with an ending, or a verb in mi-."""
    known = lexicon("finglish")
    form = _canonical(word)
    if form in known:
        return True
    if len(word) < 5 or word in lexicon("english"):
        return False
    stem = _SUFFIX.sub("", word)
    return (len(stem) >= 4 and _canonical(stem) in known) or (
        len(word) >= 6 and word.startswith("nemi") and bool(_VERB.match(word))
    )


_SPELLINGS = (
    ("kh", "x"),
    ("gh", "q"),
    ("sh", "$"),
    ("ch", "c"),
    ("ou", "u"),
    ("oo", "u"),
    ("o", "u"),
    ("ee", "i"),
    ("ei", "ey"),
    ("w", "v"),
)


def _canonical(word: str) -> str:
    """One spelling for the many: khoob, khob, xub → xub; doubled letters once; final -eh → -e."""
    for old, new in _SPELLINGS:
        word = word.replace(old, new)
    word = re.sub(r"['’]", "", re.sub(r"(.)\1+", r"\1", word))
    return word[:-1] if len(word) > 3 and word.endswith("eh") else word


@cache
def lexicon(name: str) -> frozenset[str]:
    """Words of a list of cxnlp/resources/words; Finglish ones in their canonical spelling."""
    from importlib.resources import files

    lines = (files("cxnlp") / "resources" / "words" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    return frozenset(map(_canonical, words)) if name == "finglish" else frozenset(words)
