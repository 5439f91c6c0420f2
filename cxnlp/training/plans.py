"""What each training stage reads, in which order: weak sets and word pairs first, then gold in many spellings."""

import json
import random
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cxnlp.annotate.network import Heads
from cxnlp.training import auxiliary
from cxnlp.training.augment import crossed, vary
from cxnlp.training.data import Example, Record, batches, examples, weak_examples

Vectors = dict[str, NDArray[np.float32]]
Pair = tuple[str, str]

CAPS = {
    "bank": 0, "app": 0, "absa_memd": 2600, "absa_oats": 3600, "amazon_stars_7dom": 2200, "airline": 6000,
    "trustpilot_pet_insurance": 2200, "womens_clothing": 800, "cr": 1500, "phrase": 6000,
    "senti_persian_movies": 1200, "deepsentipers": 2500, "digikala_tutorial3k": 2000,
}  # fmt: skip
CROSSED = 0.06  # mixed texts made of two of gold, as a share of gold
PAIRS = 20_000  # pairs of words and sentences repeated beside each pass
SENTENCES = {  # English sentences that stand for themselves, so that vectors are the teacher's: topics are cut by them
    "en/pros_cons": 3000, "en/hwu64": 9000, "en/bitext_support": 4000, "en/womens_clothing": 1000,
    "en/complaint_tweets": 700, "en/mcdonalds_painpoints": 900, "en/trustpilot_pet_insurance": 1500,
    "en/app_reviews_4class": 1700, "en/amazon_stars_7dom": 1500, "en/suggestion_mining_a": 1500, "en/nlupp": 3000,
    "en/tweetsumm_summaries": 500, "en/absa_oats": 1000, "en/absa_semeval14_16": 700, "en/blitzer_mdsd": 700,
    "corpus/en_product_service_reviews": 2000, "corpus/en_support_dialogues": 24_000,
}  # fmt: skip
TRANSLATED = {"persian_atis": 3000, "bagisto_ui": 4000, "mizan_dev": 2200, "quran": 5000, "nrc_words": 13_000}
_BREAK = re.compile(r"(?<=[.!?\n])\s+|\s*<turn>\s*")
_SPEAKER = re.compile(r"^(user|system|agent|customer):\s*")


def for_training(pair_id: str) -> bool:
    """Which half of the feedback pairs may teach alignment; the other half measures it."""
    return zlib.crc32(pair_id.encode()) % 2 == 0


def capped(weak: Sequence[Record], rng: random.Random, caps: dict[str, int] = CAPS, words: int = 40) -> list[Record]:
    """At most so many records of each weak set, their texts cut short."""
    groups: dict[str, list[Record]] = {}
    for record in weak:
        groups.setdefault(record["set"], []).append(record)
    kept: list[Record] = []
    for name, members in groups.items():
        rng.shuffle(members)
        kept += members[: caps.get(name, len(members))]
    return [{**r, "text": " ".join(r["text"].split()[:words])} for r in kept]


def english_of(gold: Sequence[Record], pairs: Sequence[Record]) -> dict[str, Record]:
    """Persian gold text → the English gold record that it retells, for the training half of the pairs."""
    known = {r["id"]: r for r in gold if r["lang"] == "en"}
    return {p["fa"]: known[p["id"]] for p in pairs if for_training(p["id"]) and p["id"] in known}


def teach(example: Example, record: Record, english: Record | None, teacher: Vectors) -> None:
    """Set the teacher's vectors: of the English text and quotes, for the record itself or what it retells."""
    if english is None or english["text"] not in teacher or example.spans is None:
        return
    size = len(teacher[english["text"]])
    vectors = np.full((1 + len(example.spans), size), np.nan, dtype=np.float32)
    vectors[0] = teacher[english["text"]]
    labels = [[(m["kind"], m["touchpoint"]) for m in r["mentions"]] for r in (english, record)]
    order = sorted(range(len(record["mentions"])), key=lambda i: _place(record["mentions"][i]))
    if labels[0] == labels[1] and len(order) == len(example.spans):
        for k, i in enumerate(order):
            vectors[1 + k] = teacher.get(english["mentions"][i]["quote"], vectors[1 + k])
    example.vectors = vectors


def _place(mention: dict[str, Any]) -> tuple[int, int]:
    return mention["start"], -mention["end"]


def gold_examples(
    gold: Sequence[Record], retold: dict[str, Record], teacher: Vectors, tokenizer: Tokenizer, heads: Heads,
    rng: random.Random | None = None,
) -> list[Example]:  # fmt: skip
    """Gold as examples, spelled anew when ``rng`` is given, with the teacher's vectors."""
    varied = [vary(r, rng) for r in gold] if rng else list(gold)
    made = examples(varied, tokenizer, heads)
    for example, record, given in zip(made, varied, gold, strict=True):
        english = given if given["lang"] == "en" else retold.get(given["text"])
        if len(record["mentions"]) == len(given["mentions"]):
            teach(example, given, english, teacher)
    return made


def pair_examples(pairs: Sequence[Pair], teacher: Vectors, tokenizer: Tokenizer, heads: Heads) -> list[Example]:
    """First sides of sentence and word pairs, to be placed where the teacher puts the English side."""
    known = [(fa, en) for fa, en in pairs if en in teacher]
    made = weak_examples([{"text": fa, "lang": "fa"} for fa, _ in known], tokenizer, heads)
    for example, (_, en) in zip(made, known, strict=True):
        example.vectors, example.masked = teacher[en][None], False
    return made


def first_stage(
    weak: Sequence[Record], gold: Sequence[Example], pairs: Sequence[Example], tokenizer: Tokenizer, heads: Heads,
    seed: int,
) -> list[list[Example]]:  # fmt: skip
    """Batches of the bilingual stage: weak sets, gold once, pairs once."""
    rng = random.Random(seed)  # noqa: S311
    texts = [vary(r, rng) for r in capped(weak, rng)]
    return list(batches([*weak_examples(texts, tokenizer, heads), *gold, *pairs], 48, seed, tokens=2400))


def second_stage(
    silver: Sequence[Record],
    weak: Sequence[Record],
    gold: Sequence[Record],
    retold: dict[str, Record],
    pairs: Sequence[Example],
    teacher: Vectors,
    tokenizer: Tokenizer,
    heads: Heads,
    *,
    epochs: int,
    replay: int,
    seed: int,
) -> list[list[Example]]:
    """Batches of the gold stage: every epoch spells gold anew and repeats some pairs and some silver texts.

    Weak texts stand in where there is no silver. Only those are cut short: silver ones have mentions behind the cut.
    """
    rng = random.Random(seed)  # noqa: S311
    usual, read = (list(silver), examples) if silver else (capped(weak, rng), weak_examples)
    plan: list[list[Example]] = []
    for epoch in range(epochs):
        made = gold_examples(gold, retold, teacher, tokenizer, heads, rng if epoch else None)
        made += examples([vary(r, rng) for r in crossed(list(gold), CROSSED, rng)], tokenizer, heads)
        again = [vary(r, rng, latin=0.15) for r in rng.sample(usual, min(replay, len(usual)))]
        some = rng.sample(list(pairs), min(PAIRS if replay else 0, len(pairs)))
        plan += batches([*made, *read(again, tokenizer, heads), *some], 32, seed + epoch, tokens=2048)
    return plan


def sentences(folder: Path, plan: dict[str, int] = SENTENCES) -> list[str]:
    """Sentences of 8 to 160 characters of the public English sets, the same ones every time; they stand for themselves
    among the pairs."""
    import pandas as pd

    out: list[str] = []
    for name, n in plan.items():
        texts = pd.read_parquet(folder / f"{name}.parquet", columns=["text"])["text"].dropna()
        some = texts.sample(min(len(texts), 3 * n), random_state=0)
        short = sorted(part for part in {p for text in some for p in parts(text)} if 8 <= len(part) <= 160)
        out += random.Random(name).sample(short, min(n, len(short)))  # noqa: S311
    return out


def parts(text: str) -> list[str]:
    """Sentences of a text, and turns of a conversation without their speakers."""
    return [_SPEAKER.sub("", part.strip()) for part in _BREAK.split(text)]


def translated(folder: Path, name: str) -> list[Pair]:
    """(Persian, English) of one of the `TRANSLATED` sets, short ones, none of an official test."""
    import pandas as pd

    frame = pd.read_parquet(folder / f"parallel/{name}.parquet").dropna(subset=["fa", "en"])
    frame = frame[frame.en.str.len() < 140]
    if "split" in frame:
        frame = frame[frame.split != "test"]
    return list(zip(frame.fa, frame.en, strict=True))[: TRANSLATED[name]]


def read_pairs(folder: Path, gold: Sequence[Record], hidden: set[str]) -> tuple[list[Record], list[Pair]]:
    """(all feedback pairs, those that teach alignment): flights, shop strings, literature, Quran, words, feedback.

    None that teaches has a side whose plain form is in ``hidden``.
    """
    out = [pair for name in TRANSLATED for pair in translated(folder, name)]
    lines = (folder / "parallel/feedback_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    feedback = [json.loads(line) for line in lines]
    known = {r["id"] for r in gold}
    out += [(p["fa"], p["en"]) for p in feedback if for_training(p["id"]) and p["id"] not in known]
    return feedback, [pair for pair in out if not hidden & {auxiliary.plain(side) for side in pair}]
