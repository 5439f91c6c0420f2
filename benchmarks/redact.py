"""Redaction: recall and precision per kind, and texts a second.

    python benchmarks/redact.py [--gold tests/data/pii.jsonl] [--variants 10] [--seed 7] [--misses]

Three tables: the gold set as written; the gold set with every structured datum replaced by another valid one in another
writing (Persian, Arabic or Latin digits, spaces, dashes, +98, 0098), `--variants` times; and, for speed, the texts of
the public sets where ../shared is present. A datum counts as found when a span of its kind overlaps it, and as exact
when start and end agree. Precision counts spans that overlap no datum of their kind. All data are synthetic.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from cxnlp.prepare import redact

Example = dict
STRUCTURED = ("mobile", "landline", "national_id", "card", "sheba", "email", "postal_code", "plate", "url", "ip")
SCRIPTS = [str.maketrans("0123456789", digits) for digits in ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")]
BINS = ("603799", "589210", "627353", "621986", "610433", "502229", "639607", "505785", "622106")


def number(rng: random.Random, size: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(size))


def national_id(rng: random.Random) -> str:
    while True:
        nine = number(rng, 9)
        rest = sum(int(d) * (10 - i) for i, d in enumerate(nine)) % 11
        whole = nine + str(rest if rest < 2 else 11 - rest)
        if len(set(whole)) > 3 and not whole.startswith("000"):
            return rng.choice(
                [whole, whole, f"{whole[:3]}-{whole[3:9]}-{whole[9]}", f"{whole[:3]} {whole[3:9]} {whole[9]}"]
            )


def card(rng: random.Random) -> str:
    from stdnum import luhn

    body = rng.choice(BINS) + number(rng, 9)
    whole = body + luhn.calc_check_digit(body)
    groups = [whole[i : i + 4] for i in range(0, 16, 4)]
    return rng.choice(["", " ", "-", " - ", "  ", "_", "."]).join(groups)


def sheba(rng: random.Random) -> str:
    from stdnum.iso7064 import mod_97_10

    body = "0" + rng.choice(("17", "12", "18", "56", "62")) + number(rng, 19)
    whole = f"IR{98 - mod_97_10.checksum(body + 'IR00'):02d}{body}"
    groups = [whole[i : i + 4] for i in range(0, 26, 4)]
    return rng.choice([whole, " ".join(groups), "-".join(groups), whole.replace("IR", "IR ", 1), whole.lower()])


def mobile(rng: random.Random) -> str:
    code, a, b, c = (
        rng.choice(("12", "35", "01", "19", "90", "22", "37", "91")),
        number(rng, 3),
        number(rng, 2),
        number(rng, 2),
    )
    start = rng.choice(["0", "+98", "0098", "+98 ", "0"])
    joiner = rng.choice(["", "", " ", "-", " - ", "."])
    return start + joiner.join([f"9{code}", a, b + c] if rng.random() < 0.5 else [f"9{code}", a, b, c])


def landline(rng: random.Random) -> str:
    area = rng.choice(("21", "31", "51", "41", "71", "26", "13", "61"))
    local = rng.choice("2345678") + number(rng, 7)
    joiner = rng.choice(["", "-", " ", " - "])
    return rng.choice(
        [
            f"0{area}{joiner}{local}",
            f"(0{area}) {local}",
            f"+98{area}{local}",
            f"0{area}{joiner}{local[:4]} {local[4:]}",
        ]
    )


def postal_code(rng: random.Random) -> str:
    five = rng.choice("13456789") + number(rng, 4)
    return rng.choice(["", "-", " "]).join([five, rng.choice("13456789") + number(rng, 4)])


def plate(rng: random.Random) -> str:
    letter = rng.choice("بجدسصطقلمنهوی")
    two, three, city = str(rng.randint(11, 99)), str(rng.randint(111, 999)), str(rng.randint(10, 99))
    return rng.choice(
        [
            f"{two}{letter}{three} ایران {city}",
            f"{two} {letter} {three} ایران {city}",
            f"ایران {city} - {two} {letter} {three}",
        ]
    )


def email(rng: random.Random) -> str:
    user = rng.choice(("sara", "m.karimi", "ali_reza", "kian", "jane.doe", "t-baker")) + rng.choice(
        ("", number(rng, 2))
    )
    return f"{user}@{rng.choice(('gmail.com', 'yahoo.com', 'mail.example.ir', 'outlook.co.uk'))}"


def url(rng: random.Random) -> str:
    return (
        rng.choice(("https://", "http://", "www."))
        + f"example{number(rng, 1)}.ir/"
        + rng.choice(("u/12", "p?id=7&x=a", "a-b"))
    )


def ip(rng: random.Random) -> str:
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


MAKERS: dict[str, Callable[[random.Random], str]] = {
    f.__name__: f for f in (national_id, card, sheba, mobile, landline, postal_code, plate, email, url, ip)
}


def variant(example: Example, rng: random.Random) -> Example:
    """The same text with other structured data in it; kinds written in Latin letters keep Latin digits."""
    text, pii, last = "", [], 0
    for datum in sorted(example["pii"], key=lambda p: p["start"]):
        text += example["text"][last : datum["start"]]
        value = example["text"][datum["start"] : datum["end"]]
        if datum["kind"] in MAKERS and datum.get("vary", True):
            value = MAKERS[datum["kind"]](rng)
            if datum["kind"] not in ("email", "url", "ip") and "IR" not in value.upper():
                value = value.translate(rng.choice(SCRIPTS))
        pii.append({"kind": datum["kind"], "start": len(text), "end": len(text) + len(value)})
        text += value
        last = datum["end"]
    return {**example, "text": text + example["text"][last:], "pii": pii}


def score(examples: Iterator[Example] | list[Example], show: bool = False) -> dict[str, Counter[str]]:
    """Per kind: gold, found, exact, predicted, right."""
    counts: dict[str, Counter[str]] = {}
    for example in examples:
        gold = [(p["kind"], p["start"], p["end"]) for p in example["pii"]]
        predicted = redact(example["text"])[1]
        for kind, start, end in gold:
            hit = [p for p in predicted if p.kind == kind and p.start < end and start < p.end]
            counts.setdefault(kind, Counter()).update(gold=1, found=bool(hit), exact=(kind, start, end) in predicted)
            if show and not hit:
                print(f"  missed {kind}: {example['text'][start:end]!r} in {example['text']!r}")
        for kind, start, end in predicted:
            right = any(g[0] == kind and g[1] < end and start < g[2] for g in gold)
            counts.setdefault(kind, Counter()).update(predicted=1, right=right)
            if show and not right:
                print(f"  wrong {kind}: {example['text'][start:end]!r} in {example['text']!r}")
    return counts


def table(title: str, counts: dict[str, Counter[str]]) -> None:
    print(f"\n{title}\n{'kind':12} {'n':>6} {'recall':>7} {'exact':>7} {'precision':>9}")
    structured = sum((counts[k] for k in STRUCTURED if k in counts), Counter())
    rows = [*sorted(counts.items()), ("STRUCTURED", structured), ("ALL", sum(counts.values(), Counter()))]
    for kind, c in rows:
        recall, exact = (c[k] / c["gold"] if c["gold"] else float("nan") for k in ("found", "exact"))
        precision = c["right"] / c["predicted"] if c["predicted"] else float("nan")
        print(f"{kind:12} {c['gold']:6} {recall:7.3f} {exact:7.3f} {precision:9.3f}")


def speed(name: str, texts: list[str]) -> None:
    redact(texts[0] + " 0912 345 6789 a@b.co +44 7911 123456")  # load the lists
    start = time.process_time()
    for text in texts:
        redact(text)
    seconds = time.process_time() - start
    length = sum(map(len, texts)) / len(texts)
    print(f"{name}: {len(texts) / seconds:,.0f} texts/s of CPU ({length:.0f} characters on average, one core)")


def public_texts() -> Iterator[tuple[str, list[str]]]:
    shared = Path(os.environ.get("CXNLP_SHARED", Path(__file__).parents[1] / ".." / "shared"))
    for name in ("fa/snappfood", "fa/digikala_tiny20k", "en/airline_tweets", "en/womens_clothing"):
        path = shared / "datasets" / f"{name}.parquet"
        if path.exists():
            import pandas as pd

            yield name, pd.read_parquet(path, columns=["text"])["text"].dropna().tolist()[:5000]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gold", type=Path, default=Path(__file__).parents[1] / "tests" / "data" / "pii.jsonl")
    parser.add_argument("--variants", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--misses", action="store_true")
    args = parser.parse_args()
    gold = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines()]
    table(f"{len(gold)} gold texts", score(gold, args.misses))
    rng = random.Random(args.seed)
    varied = [variant(example, rng) for _ in range(args.variants) for example in gold]
    table(f"{len(varied)} generated variants", score(varied, args.misses))
    print()
    speed("gold texts", [example["text"] for example in gold] * 10)
    for name, texts in public_texts():
        speed(name, texts)


if __name__ == "__main__":
    main()
