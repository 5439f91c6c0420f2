"""The model in models/ is the one we mean to ship: small, whole, honest, and able to read both scripts."""

import json
import os
from pathlib import Path

import pytest

from cxnlp.config import Settings
from cxnlp.evaluation.metrics import evaluate
from cxnlp.registry import resolve

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("CXNLP_SHARED", HERE.parents[2] / "shared"))


@pytest.fixture(scope="module")
def folder():
    return resolve("reader", Settings().models)


def test_weights_are_small_and_data_only(folder) -> None:
    """At most 45 MB of weights in the repository, and nothing that runs when it is loaded."""
    files = [p for p in Settings().models.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files if p.suffix in (".safetensors", ".onnx")) <= 45_000_000
    assert not [p for p in files if p.suffix in (".pt", ".bin", ".pkl", ".pickle", ".joblib", ".py")]


def test_card_and_figures_name_both_languages(folder) -> None:
    """Every version says how well it reads each language and what it was trained on."""
    figures = folder.json("metrics.json")
    for lang in ("fa", "en"):
        assert figures[lang]["ece"] <= 0.06  # about 0.04 of it is the noise of 600 mentions in ten bins
        assert figures[lang]["mention_f1"] >= 0.60
    card = (folder.path / "card.md").read_text(encoding="utf-8")
    assert "licence" in card
    assert "Limits" in card


def test_finglish_is_understood(folder) -> None:
    """Persian in Latin letters: the side of 40 clear texts written for this test, at least 70 % right."""
    from cxnlp.annotate import Annotator

    texts = [json.loads(line) for line in (HERE / "finglish.jsonl").read_text(encoding="utf-8").splitlines()]
    readings = Annotator(folder, threads=1).read([t["text"] for t in texts])
    right = sum(r.sentiment == t["sentiment"] for r, t in zip(readings, texts, strict=True))
    assert right / len(texts) >= 0.70


@pytest.mark.skipif(not (SHARED / "labelled/dev.jsonl").exists(), reason="the labelled dev set is not here")
def test_figures_of_the_card_can_be_measured_again(folder) -> None:
    """What ships (8-bit, windows) reads as well as what was measured at training (32-bit)."""
    from cxnlp import taxonomy
    from cxnlp.evaluation.gold import predict, read

    gold = read(SHARED / "labelled/dev.jsonl")
    answers, _ = predict(gold, "reader")
    figures = evaluate(gold, answers, taxonomy.load().stage_by_touchpoint)
    for lang in ("fa", "en"):
        for name in ("sentiment_f1", "mention_f1", "located_f1", "pain_f1"):
            assert figures[lang][name] >= folder.json("metrics.json")[lang][name] - 0.04
