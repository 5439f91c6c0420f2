"""Labels of public texts are kept without the texts, and come back where the sets are."""

import gzip
import json
from pathlib import Path

import pandas as pd

from cxnlp.training import auxiliary, labels

TOKENISED = "the courier was rude , but i love the shoes !"
PERSIAN = " پیک دیر رسید ولی غذا خوشمزه بود "
RECORDS = [
    {
        "set": "en/shoes", "raw": TOKENISED, "lang": "en", "source": "shoes", "sentiment": "mixed",
        "text": "the courier was rude, but i love the shoes!",
        "mentions": [
            {"quote": "the courier was rude", "start": 0, "end": 20, "kind": "pain", "touchpoint": "staff_support",
             "polarity": "neg", "severity": 2, "target": "courier"},
            {"quote": "i love the shoes", "start": 26, "end": 42, "kind": "praise", "touchpoint": "product_quality",
             "polarity": "pos", "severity": 0, "target": ""},
        ],
    },
    {
        "set": "fa/food", "raw": PERSIAN, "lang": "fa", "source": "food", "sentiment": "mixed", "text": PERSIAN.strip(),
        "mentions": [
            {"quote": "پیک دیر رسید", "start": 0, "end": 12, "kind": "pain", "touchpoint": "delivery",
             "polarity": "neg", "severity": 2, "target": "پیک"},
        ],
    },
    {
        "set": "en/talks", "raw": "where is my order", "lang": "en", "source": "talks", "sentiment": "neu",
        "text": "where is my order", "mentions": [], "check": True,
    },
]  # fmt: skip


def sets(folder: Path) -> Path:
    """The public sets that the records are of."""
    for part in ("en", "fa"):
        (folder / part).mkdir()
    pd.DataFrame({"text": ["unlabelled", TOKENISED, None]}).to_parquet(folder / "en/shoes.parquet")
    pd.DataFrame({"text": [PERSIAN]}).to_parquet(folder / "fa/food.parquet")
    turns = [json.dumps([{"text": "hello"}, {"text": "where is my order"}])]
    pd.DataFrame({"turns": turns}).to_parquet(folder / "en/talks.parquet")
    return folder


def test_labels_come_back_with_their_texts(tmp_path: Path) -> None:
    labels.write(RECORDS, tmp_path / "labels.jsonl.gz")
    back = {r["source"]: r for r in labels.load(sets(tmp_path), tmp_path / "labels.jsonl.gz")}
    for record in RECORDS:
        assert {k: back[record["source"]][k] for k in ("lang", "text", "sentiment", "mentions")} == {
            k: record[k] for k in ("lang", "text", "sentiment", "mentions")
        }
        assert back[record["source"]]["check"] == record.get("check", False)


def test_no_word_of_a_text_is_kept(tmp_path: Path) -> None:
    labels.write(RECORDS, tmp_path / "labels.jsonl.gz")
    kept = gzip.decompress((tmp_path / "labels.jsonl.gz").read_bytes()).decode()
    assert not any(word in kept for record in RECORDS for word in record["text"].split() if len(word) > 4)


def test_sets_that_are_absent_are_left_out(tmp_path: Path) -> None:
    labels.write(RECORDS, tmp_path / "labels.jsonl.gz")
    assert labels.load(tmp_path, tmp_path / "labels.jsonl.gz") == []


def test_what_calibrates_does_not_train() -> None:
    """Nor does another cut of the same review, nor anything of dev."""
    long = "the courier came two days late and left the parcel with a stranger, the box was torn as well"
    texts = [("Rude courier!", False), ("rude courier", True), ("Lovely shoes", True), ("where is it", False)]
    texts += [(long, True), (f"{long} and nobody answers", False), (long[:-12], False)]
    texts += [("we waited at the gate for an hour and then it was cancelled without a word", False)]
    records = [{"text": text, "check": check} for text, check in texts]
    dev = auxiliary.plain("We waited at the gate for an hour and then it was cancelled without a word. Shame!")
    own, check = labels.divided(records, {"lovelyshoes"}, {dev})
    assert [r["text"] for r in own] == ["where is it"]
    assert [r["text"] for r in check] == ["rude courier", long]
