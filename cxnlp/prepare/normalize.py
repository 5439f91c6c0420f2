"""The matching form of a text: what search and duplicates compare. Never shown, never annotated, no offsets.

VERSION 1 of the rules, in this order: Unicode NFKC and case folding; hazm's tables (Arabic and presentation forms to
Persian letters, ligatures, diacritics and Koranic signs removed, affix spacing: «می رود», «کتاب ها» joined); letters
that Persian keyboards mix (ة ۀ أ إ ؤ ئ); digits to ASCII; ZWNJ dropped, so that «می‌خواهم», «میخواهم» and «می خواهم» are
one; three and more equal letters to one; punctuation to a space, except marks inside a number.

hazm.Normalizer itself joins words by a word list (surprising, see pitfall 25), gives 2,400 texts/s and takes 8 s to
import; only its tables are used, read without importing the rest of the package.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_LETTERS = str.maketrans(
    {"ة": "ه", "ۀ": "ه", "ە": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و", "ئ": "ی", "ء": "", "ـ": "", "آ": "ا"}
)
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_JOINERS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\ufe0e\ufe0f]")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’](?=[^\W\d_])")
_SEPARATORS = re.compile(r"(?<!\d)[.,:/'’٫٬-](?!\d)|(?<=\d)[.,:/'’٫٬-](?!\d)|(?<!\d)[.,:/'’٫٬-](?=\d)")
_PUNCTUATION = re.compile(r"""[!"#$%&()*+;<=>?@\[\\\]^_`{|}~«»؛،؟…“”„‘‹›•·–—−⟨⟩٪\x00-\x20\x7f-\xa0\u2028\u2029]+""")


def normalize(text: str) -> str:
    """Matching form of `text`; normalize(normalize(x)) == normalize(x). Lone surrogates pass through."""
    form, changed = _once(text)
    while changed:  # affixes were joined: the joined word may be joined again, or now be a known form
        form, changed = _once(form)
    return form


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    table, diacritics, ligatures, _ = _hazm()
    word = unicodedata.normalize("NFKC", word).casefold()
    for old, new in ligatures:
        word = word.replace(old, new)
    word = diacritics.sub("", word.translate(table).translate(_LETTERS))
    return _REPEATED.sub(r"\1", unicodedata.normalize("NFC", word).translate(_LETTERS))


def _once(text: str) -> tuple[str, bool]:
    """One pass over `text`, and whether a second one may change more."""
    _, _, _, affixes = _hazm()
    if _JOINERS.search(text):
        text = _JOINERS.sub(_zwnj, text)
    text = " ".join(map(_word, text.split()))
    text = " ".join(_PUNCTUATION.sub(" ", _SEPARATORS.sub(" ", _APOSTROPHE.sub("", text))).split())
    joined = text
    if not text.isascii():
        for pattern, replacement in affixes:
            joined = pattern.sub(replacement, joined)
    joined = " ".join(joined.replace("\u200c", "").split())
    return joined, joined != text.replace("\u200c", "")


def _zwnj(match: re.Match[str]) -> str:
    return "\u200c" if match[0] == "\u200c" else ""


@cache
def _hazm() -> tuple[dict[int, str], re.Pattern[str], list[tuple[str, str]], list[tuple[re.Pattern[str], str]]]:
    """hazm's tables: letters, signs to drop, ligatures, affix spacing."""
    tables = _hazm_constants()
    source, target = tables["TRANSLATION_SRC"], tables["TRANSLATION_DST"]
    letters = {ord(a): b for a, b in zip(source, target, strict=True) if a.isalpha()}
    letters |= {zero + i: str(i) for zero in (0x0660, 0x06F0) for i in range(10)}
    signs = tables["DIACRITICS_PATTERNS"][0][0][1:-1] + tables["SPECIAL_CHARS_PATTERNS"][0][0][1:-1]
    ligatures = [(old, new) for old, new in tables["UNICODE_REPLACEMENTS"] if len(old) == 1]
    affixes = [(re.compile(pattern), new) for pattern, new in tables["AFFIX_SPACING_PATTERNS"]]
    return letters, re.compile(f"[{signs}]"), ligatures, affixes


def _hazm_constants() -> dict[str, Any]:
    """hazm/constants.py alone: `import hazm.constants` would import torch, spaCy and NLTK first."""
    import runpy
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("hazm")
    assert spec is not None and spec.origin is not None, "hazm is a dependency"
    return runpy.run_path(str(Path(spec.origin).with_name("constants.py")))
