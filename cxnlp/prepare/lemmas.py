"""One form for the forms of a word, so that a search for «رسید» finds «نمی‌رسه» and "deliver" finds "delivered".

Words are those of the matching form (`normalize`). Persian: hazm's verbs (spoken forms too) and nouns, read as tables
because `import hazm` brings torch; English: the Porter2 stemmer of NLTK (which hazm brings) and common irregular forms.
A word that no table knows is its own lemma.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

PAST = ("م", "ی", "", "یم", "ید", "ند", "ین", "ن")
PERFECT = ("ه", "هام", "های", "هاست", "هایم", "هاید", "هاند", "م", "ن")
PRESENT = ("م", "ی", "د", "یم", "ید", "ند", "ه", "ین", "ن", "")
NOUN = (
    "هایمان", "هایتان", "هایشان", "هامون", "هاتون", "هاشون", "هایم", "هایت", "هایش", "هایی", "های", "هام", "هات",
    "هاش", "ها", "ترین", "تری", "تر", "مان", "تان", "شان", "مون", "تون", "شون", "ام", "ات", "اش", "ای", "یی", "ی",
    "م", "ت", "ش", "ان", "ه",
)  # fmt: skip
SPOKEN = {"گفت": "گ", "رفت": "ر", "شد": "ش", "داد": "د", "آمد": "ا", "آورد": "ار", "خواست": "خوا", "گذاشت": "ذار"}
PLURAL = ("ات", *(e for e in NOUN if e.startswith("ها")))
IRREGULAR = {
    form: base
    for base, forms in {
        "arrive": "arrival", "break": "broke broken", "bring": "brought", "buy": "bought", "choose": "chose chosen",
        "come": "came", "cost": "costs", "do": "did done does", "feel": "felt", "find": "found", "forget": "forgot",
        "freeze": "froze frozen", "get": "got gotten", "give": "gave given", "go": "went gone", "have": "had has",
        "hear": "heard", "hold": "held", "keep": "kept", "know": "knew known", "leave": "left", "lose": "lost loss",
        "make": "made", "pay": "paid payment", "say": "said", "see": "saw seen", "sell": "sold", "send": "sent",
        "speak": "spoke spoken", "take": "took taken", "tear": "tore torn", "tell": "told", "think": "thought",
        "throw": "threw thrown", "wear": "wore worn", "write": "wrote written", "delivery": "deliver deliveries",
        "child": "children", "woman": "women", "man": "men", "person": "people", "bad": "worse worst",
        "good": "better best", "be": "is are was were been am",
    }.items()
    for form in [*forms.split(), base]
}  # fmt: skip


@lru_cache(maxsize=1 << 18)
def lemmas(word: str) -> frozenset[str]:
    """The forms that stand for all forms of `word` (of the matching form), "past#present" for a Persian verb.

    More than one where a word may be two things («بسته»: parcel, tied): two words have a form in common if they share
    one of these.
    """
    if word.isascii():
        stem = _stemmer().stem(word) if word.isalpha() else word
        return frozenset([_irregular().get(stem, stem)])
    found = {_verbs()[word]} if word in _verbs() else set()
    return frozenset(found | _of_noun(word)) or frozenset([word])


def _of_noun(word: str) -> set[str]:
    nouns = _nouns()
    stems = [word.removesuffix(e) for e in NOUN if word.endswith(e) and len(word) > len(e) + 1]
    if word in nouns:
        plural = {s for s in stems if s in nouns and word[len(s) :] in PLURAL}
        return {word} | plural | {s for s in stems if word == s + "ه" and "AJ" in nouns.get(s, "")}
    known = [w for s in (word, *stems) if (w := _written(s))]
    if not known:
        known = [w for stem in stems for e in NOUN if (w := _written(stem.removesuffix(e))) and len(w) > 1]
    return {max(known, key=len)} if known else set()


def _written(word: str) -> str | None:
    """A known word, or the one that «گرون» (گران) stands for; null if there is none."""
    formal = "ان".join(word.rsplit("ون", 1))
    return word if word in _nouns() else formal if formal in _nouns() else None


@cache
def _stemmer() -> Any:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


def _lines(name: str) -> list[str]:
    from importlib.util import find_spec

    spec = find_spec("hazm")
    assert spec is not None and spec.origin is not None, "hazm is a dependency"
    return (Path(spec.origin).parent / "data" / name).read_text(encoding="utf-8").splitlines()


def _plain(text: str) -> str:
    """Letters as the matching form has them."""
    return text.replace("\u200c", "").replace("آ", "ا").replace("ئ", "ی").replace("ؤ", "و").replace("أ", "ا")


@cache
def _irregular() -> dict[str, str]:
    stem = _stemmer().stem
    return {stem(form): stem(base) for form, base in IRREGULAR.items()}


@cache
def _nouns() -> dict[str, str]:
    """Words of hazm's list that are seen at all and are more than a letter → their parts of speech."""
    rows = (line.split("\t") for line in _lines("words.dat"))
    return {_plain(row[0]): row[2] for row in rows if len(row[0]) > 1 and row[1] != "0"}


@cache
def _verbs() -> dict[str, str]:
    """Every one-word form of hazm's verbs → past#present; of two verbs with one form, the commoner."""
    spoken = {past: {_plain(stem)} for past, stem in SPOKEN.items()}
    for line in _lines("iverbs.dat"):
        known, stem, _ = line.split()
        spoken.setdefault(known.split("#")[0], set()).add(_plain(stem))
    seen = {row[0]: int(row[1]) for row in (line.split("\t") for line in _lines("words.dat"))}
    found: dict[str, str] = {}
    rows = [line.split("#") for line in _lines("verbs.dat") if line.count("#") == 1]
    for past, present in sorted(rows, key=lambda row: (seen.get(row[0] + "ن", 0), row[0] in spoken)):
        if past and present:
            stems = {_plain(present), *spoken.get(past, ())}
            found |= dict.fromkeys(_forms(_plain(past), stems), f"{_plain(past)}#{_plain(present).removesuffix('ی')}")
    return found


def _forms(past: str, presents: set[str]) -> Iterator[str]:
    for prefix in ("", "ن", "می", "نمی"):
        yield from (prefix + past + ending for ending in PAST)
        yield from (prefix + past + "ه" + ending.removeprefix("ه") for ending in PERFECT)
    yield past + "ن"
    for present in presents:
        for prefix in ("می", "نمی", "ب", "ن"):
            joints = {present, present + "ی"} if present[-1:] in ("ا", "و") else {present}
            yield from (prefix + joint + ending for joint in joints for ending in PRESENT if len(joint + ending) > 1)
