"""The same text as someone else would type it: joined half-spaces, stretched letters, slips, emojis, Finglish."""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Record = dict[str, Any]

LETTERS = {
    "ا": "a", "آ": "a", "ب": "b", "پ": "p", "ت": "t", "ث": "s", "ج": "j", "چ": "ch", "ح": "h", "خ": "kh", "د": "d",
    "ذ": "z", "ر": "r", "ز": "z", "ژ": "zh", "س": "s", "ش": "sh", "ص": "s", "ض": "z", "ط": "t", "ظ": "z", "ع": "a",
    "غ": "gh", "ف": "f", "ق": "gh", "ک": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "و": "o", "ه": "h",
    "ی": "i", "ي": "i", "ئ": "e", "أ": "a", "ؤ": "o", "ء": "", "ة": "e", "\u200c": "", "،": ",", "؟": "?", "؛": ";",
    "ّ": "", "َ": "a", "ِ": "e", "ُ": "o", "ً": "an",
} | {chr(0x06F0 + i): str(i) for i in range(10)}  # fmt: skip
HAPPY, SAD = "😍👌🌹😊👍❤🙏😋", "😡😤😒👎😞🤮💔🙄"


@cache
def lexicon() -> dict[str, list[str]]:
    """Persian word → its common Latin spellings."""
    lines = (Path(__file__).parent / "finglish.txt").read_text(encoding="utf-8").splitlines()
    return {w: forms for w, *forms in (line.split() for line in lines if line.strip() and line[0] != "#")}


def finglish(word: str, rng: random.Random) -> str:
    """A Latin spelling of a Persian word: a common one, else letter by letter with likely vowels."""
    bare = word.strip("،,.!؟?؛:()«»\"'")
    if bare in lexicon():
        return word.replace(bare, rng.choice(lexicon()[bare])).translate(str.maketrans("،؟؛", ",?;"))
    out = ""
    for i, letter in enumerate(word):
        latin = LETTERS.get(letter, letter)
        if letter == "و" and i == 0:
            latin = "v"
        elif letter == "ی" and i == 0:
            latin = "y"
        elif letter == "ه" and i == len(word) - 1:
            latin = "e"
        bare_pair = out and out[-1] not in "aeiou " and latin and latin[0] not in "aeiou" and latin[0].isalpha()
        out += (rng.choice("aaee") if bare_pair and i and rng.random() < 0.75 else "") + latin
    return out


def join(word: str, rng: random.Random) -> str:
    """Without half-spaces."""
    return word.replace("\u200c", "")


def stretch(word: str, rng: random.Random) -> str:
    """One letter held down."""
    if len(word) < 3 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] * rng.randint(1, 5) + word[at:]


def slip(word: str, rng: random.Random) -> str:
    """Two letters swapped, or one lost."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :] if rng.random() < 0.5 else word[:at] + word[at + 1 :]


def rewrite(record: Record, edit: Callable[[str, random.Random], str], share: float, rng: random.Random) -> Record:
    """A record whose words are edited with the given chance, its mentions moved along; others untouched."""
    text, out = record["text"], ""
    place = [0] * (len(text) + 1)
    for found in re.finditer(r"\S+|\s+", text):
        old, new = found[0], found[0]
        if not old.isspace() and rng.random() < share:
            new = edit(old, rng)
        for i in range(len(old)):
            place[found.start() + i] = len(out) + min(i * len(new) // len(old), len(new))
        out += new
    place[len(text)] = len(out)
    fresh = {**record, "text": out}
    if "mentions" in record:
        fresh["mentions"] = [_moved(m, text, out, place) for m in record["mentions"]]
        fresh["mentions"] = [m for m in fresh["mentions"] if m["quote"]]
    return fresh


def _moved(mention: Record, old: str, text: str, place: list[int]) -> Record:
    start, end = place[mention["start"]], place[mention["end"]]
    named = mention.get("target") or ""
    at = old.find(named, mention["start"]) if named else -1
    target = text[place[at] : place[at + len(named)]] if at >= 0 else ""
    return {**mention, "start": start, "end": end, "quote": text[start:end], "target": target}


def vary(record: Record, rng: random.Random, latin: float = 0.06) -> Record:
    """One of the rewritings, at random; most records of a call stay as they are.

    ``latin``: the chance that a Persian text comes back in Finglish.
    """
    chance = rng.random()
    if record["lang"] == "fa" and chance < latin:
        return rewrite(record, finglish, 1.0, rng)
    if chance < 0.16:
        return rewrite(record, join, 0.7, rng) if record["lang"] == "fa" else rewrite(record, slip, 0.06, rng)
    if chance < 0.24:
        return rewrite(record, slip, 0.06, rng)
    if chance < 0.30:
        return rewrite(record, stretch, 0.08, rng)
    side = record.get("sentiment") or {-1: "neg", 1: "pos"}.get(record.get("sign", 0))
    if chance < 0.36 and side in ("neg", "pos"):
        return {**record, "text": record["text"] + " " + rng.choice(HAPPY if side == "pos" else SAD)}
    return record


TURNS = {"fa": (" ولی ", "، اما ", ". ", " البته ", "\n"), "en": (", but ", ". However, ", ". ", " although ", "\n")}


def joined(first: Record, second: Record, rng: random.Random) -> Record:
    """Two gold records of one language as one text; of opposite sides, so the whole is mixed."""
    cut = first["text"].rstrip(" .،!")
    text = cut + rng.choice(TURNS[first["lang"]])
    moved = [{**m, "start": m["start"] + len(text), "end": m["end"] + len(text)} for m in second["mentions"]]
    kept = [{**m, "end": min(m["end"], len(cut))} for m in first["mentions"] if m["start"] < len(cut)]
    kept = [{**m, "quote": cut[m["start"] : m["end"]]} for m in kept]
    return {**first, "text": text + second["text"], "sentiment": "mixed", "mentions": kept + moved}


def crossed(records: list[Record], share: float, rng: random.Random, words: int = 30) -> list[Record]:
    """Mixed texts made of short ones: about ``share`` of the records, half beginning with the praise."""
    out: list[Record] = []
    for lang in sorted(TURNS):
        own = [r for r in records if r["lang"] == lang and len(r["text"].split()) <= words and r["mentions"]]
        sides = [[r for r in own if r["sentiment"] == side] for side in ("neg", "pos")]
        if all(sides):
            for _ in range(round(share * len(own))):
                bad, good = (rng.choice(side) for side in sides)
                out.append(joined(bad, good, rng) if rng.random() < 0.5 else joined(good, bad, rng))
    return out
