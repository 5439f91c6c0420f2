"""What teachers say becomes targets: soft, moved by known ratings, silent where they are unsure."""

import json
import random
from pathlib import Path

import gold
import numpy as np
import pandas as pd
import torch

from cxnlp import taxonomy
from cxnlp.annotate.network import Heads, new_network
from cxnlp.training import plans, silver
from cxnlp.training.augment import crossed
from cxnlp.training.data import collate, examples
from cxnlp.training.losses import text_losses
from cxnlp.training.run import fast_tokenizer

SOFT = [0.1, 0.2, 0.3, 0.4]


def test_mixed_texts_are_made_of_both_sides() -> None:
    """A made text must hold the mentions of both of its halves, each on its own words."""
    made = crossed(gold.records(), 2.0, random.Random(5))
    assert {r["lang"] for r in made} == {"fa", "en"}
    for record in made:
        assert record["sentiment"] == "mixed"
        assert all(record["text"][m["start"] : m["end"]] == m["quote"] for m in record["mentions"])
        assert {"pain", "praise"} <= {m["kind"] for m in record["mentions"]}


def test_a_rating_moves_the_teachers() -> None:
    """A teacher that reads irony as praise must not teach it against the customer's own one star."""
    said = np.log([0.3, 0.05, 0.6, 0.05])
    for text, lang in (("عجب کیفیتی داشت واقعا", "fa"), ("Great quality indeed", "en")):
        record = {"id": "1", "text": text, "lang": lang}
        assert np.argmax(silver._silver(record, said, [])["soft"]) == 2
        low = silver._silver({**record, "sign": -1}, said, [])["soft"]
        assert np.argmax(low) == 0 and abs(low.sum() - 1) < 1e-6


def test_unsure_mentions_teach_nothing(tmp_path: Path) -> None:
    """No mentions known is not the same as none there: tags, touchpoints and places stay unknown."""
    mention = gold.records()[0]["mentions"][0]
    text = gold.records()[0]["text"]
    record = {"id": "1", "text": text, "lang": "fa"}
    unsure = silver._silver(record, np.log(SOFT), [{**mention, "confidence": 0.2}])
    half = silver._silver(record, np.log(SOFT), [{**mention, "confidence": 0.4}])
    assert "mentions" not in unsure and half["mentions"][0]["touchpoint"] is None
    tokenizer = fast_tokenizer(gold.encoder(tmp_path))
    heads = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=64)
    first, second = examples([unsure, half], tokenizer, heads)
    assert first.tags is None and first.touch is None and not len(first.spans)
    assert second.tags is not None and second.touch is None and second.spans[0, 3] < 0


def test_soft_targets_are_learnt(tmp_path: Path) -> None:
    """The loss is least where the student says what the teachers said."""
    heads = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=64)
    texts = [{"text": r["text"], "lang": r["lang"], "soft": SOFT} for r in gold.records()]
    batch = collate(examples(texts, fast_tokenizer(gold.encoder(tmp_path)), heads), 0, heads)
    same = {"sentiment": torch.log(torch.tensor([SOFT] * len(texts)))}
    other = {"sentiment": same["sentiment"].flip(1)}
    assert text_losses(same, batch, 0.0)["taught"] < text_losses(other, batch, 0.0)["taught"]
    assert "sentiment" not in text_losses(same, batch, 0.0)


def test_candidates_hold_no_forbidden_text(tmp_path: Path) -> None:
    """Dev and gold texts, whole or cut, must not come back as silver."""
    (tmp_path / "corpus").mkdir()
    dev = "سفارش من بعد از سه روز با جعبه پاره و بدون فاکتور به دستم رسید و کسی هم پاسخگو نبود"
    texts = [dev, dev + " واقعا متاسفم", "پنیرش تازه و خوش‌طعم بود", "خوب"]
    pd.DataFrame({"text": texts}).to_parquet(tmp_path / "corpus/fa_reviews_train_only.parquet")
    forbidden = {silver.auxiliary.plain(dev)}
    found = silver.candidates(tmp_path, [], forbidden, {"fa": 10})
    assert [r["text"] for r in found] == ["پنیرش تازه و خوش‌طعم بود"]


def test_teachers_of_different_make_agree_on_one_answer(tmp_path: Path) -> None:
    """A reader and the linear model together give one distribution per text, in the order of the texts."""
    records = gold.records()
    weak = [
        {"text": r["text"], "lang": r["lang"], "sign": 1 if r["sentiment"] == "pos" else -1}
        for r in records * 4
        if r["sentiment"] in ("pos", "neg")
    ]
    base = gold.encoder(tmp_path)
    torch.manual_seed(0)
    network = new_network(base, Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=64)).eval()
    linear = silver.linear_teacher(records * 4, weak)
    made = silver.label(records, [(network, fast_tokenizer(base))], linear, chunk=3, log=lambda line: None)
    assert [r["text"] for r in made] == [r["text"] for r in records]
    assert all(abs(sum(r["soft"]) - 1) < 1e-5 for r in made)
    bad = [r for r in made if "Charged" in r["text"] or "بسته می‌شه" in r["text"]]
    assert all(np.argmax(r["soft"]) == 0 for r in bad), json.dumps([list(map(float, r["soft"])) for r in bad])


def test_long_silver_texts_are_repeated_whole(tmp_path: Path) -> None:
    """Weak texts are cut before they are repeated; cutting silver ones would leave their mentions behind the end."""
    mention = {**gold.records()[0]["mentions"][0], "target": ""}
    long = " ".join(["سفارش"] * 43 + [mention["quote"]])
    start = long.index(mention["quote"])
    record = {"text": long, "lang": "fa", "set": "silver", "soft": SOFT,
              "mentions": [{**mention, "start": start, "end": len(long)}]}  # fmt: skip
    heads = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=512)
    tokenizer = fast_tokenizer(gold.encoder(tmp_path))
    plan = plans.second_stage(
        [record] * 30, [], gold.records(), {}, [], {}, tokenizer, heads, epochs=2, replay=30, seed=1
    )  # fmt: skip
    made = [e for batch in plan for e in batch if e.soft is not None]
    assert len(made) == 60 and all(len(e.spans) == 1 for e in made)
