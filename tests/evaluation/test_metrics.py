"""The scorer: every quality claim rests on it."""

import copy
import importlib.util
import os
import random
from pathlib import Path
from typing import Any

import pytest

from cxnlp import taxonomy
from cxnlp.errors import InputError
from cxnlp.evaluation import metrics

SHARED = Path(os.environ.get("CXNLP_SHARED", Path(__file__).parents[2].parent / "shared"))
STAGES = taxonomy.load().stage_by_touchpoint


def mention(text: str, quote: str, kind: str, touchpoint: str, severity: int = 0, **more: Any) -> dict[str, Any]:
    start = text.index(quote)
    polarity = {"pain": "neg", "praise": "pos"}.get(kind, "neu")
    return {
        "quote": quote,
        "start": start,
        "end": start + len(quote),
        "kind": kind,
        "touchpoint": touchpoint,
        "polarity": polarity,
        "severity": severity,
        "target": "",
        **more,
    }


def gold() -> list[dict[str, Any]]:
    fa = "پیک خیلی دیر رسید ولی بسته‌بندی تمیز و محکم بود"
    en = "The checkout page froze twice. Lovely packaging though, could you add gift cards?"
    ask = "ساعت کاری شعبهٔ ونک چیه؟"
    return [
        {
            "id": "1",
            "lang": "fa",
            "text": fa,
            "sentiment": "mixed",
            "mentions": [
                mention(fa, "پیک خیلی دیر رسید", "pain", "delivery", 2),
                mention(fa, "بسته‌بندی تمیز و محکم بود", "praise", "packaging_condition"),
            ],
        },
        {
            "id": "2",
            "lang": "en",
            "text": en,
            "sentiment": "mixed",
            "mentions": [
                mention(en, "The checkout page froze twice", "pain", "app_reliability", 2),
                mention(en, "Lovely packaging", "praise", "packaging_condition"),
                mention(en, "could you add gift cards", "request", "features_functionality"),
            ],
        },
        {
            "id": "3",
            "lang": "fa",
            "text": ask,
            "sentiment": "neu",
            "mentions": [mention(ask, "ساعت کاری شعبهٔ ونک چیه", "question", "availability_choice")],
        },
    ]


def disturbed(rows: list[dict[str, Any]], seed: int) -> dict[str, dict[str, Any]]:
    """Predictions with every kind of mistake: lost, doubled, shifted, misplaced, overconfident mentions."""
    rng = random.Random(seed)
    out = {}
    for row in copy.deepcopy(rows):
        if rng.random() < 0.3:
            row["sentiment"] = rng.choice(metrics.SENTIMENTS)
        row["mentions"] = [m for m in row["mentions"] if rng.random() < 0.8 for _ in range(rng.choice((1, 1, 2)))]
        for i, m in enumerate(row["mentions"]):
            m = row["mentions"][i] = dict(m, confidence=round(rng.random(), 3))
            m["end"] -= rng.randrange(0, max(1, (m["end"] - m["start"])))
            if rng.random() < 0.3:
                m["touchpoint"] = rng.choice(list(STAGES))
            if rng.random() < 0.3:
                m["kind"] = rng.choice(("pain", "praise", "request"))
            m["severity"] = rng.randrange(1, 4) if m["kind"] == "pain" else 0
        out[row["id"]] = row
    return out


def test_gold_against_itself_is_perfect() -> None:
    """A scorer that punishes the truth, or rewards anything else, would be noticed here first."""
    rows = gold()
    figures = metrics.evaluate(rows, {r["id"]: r for r in rows}, STAGES)
    assert set(figures) == {"fa", "en", "mean"}
    assert figures["fa"]["mention_f1"] == figures["en"]["pain_f1"] == figures["mean"]["stage_f1"] == 1.0
    assert figures["mean"]["map_error"] == 0.0
    assert "ece" not in figures["fa"]


def test_each_figure_falls_with_its_own_mistake() -> None:
    """The figures must tell mistakes apart: a wrong place is not a lost mention, a shifted quote is."""
    rows = gold()
    wrong_place, shifted = copy.deepcopy(rows), copy.deepcopy(rows)
    wrong_place[0]["mentions"][0]["touchpoint"] = "staff_support"
    shifted[0]["mentions"][0]["end"] = shifted[0]["mentions"][0]["start"] + 3
    place = metrics.evaluate(rows, {r["id"]: r for r in wrong_place}, STAGES)["fa"]
    assert (place["mention_f1"], round(place["located_f1"], 3), place["map_error"]) == (1.0, 0.667, 1.0)
    shift = metrics.evaluate(rows, {r["id"]: r for r in shifted}, STAGES)["fa"]
    assert round(shift["mention_f1"], 3) == 0.667
    assert shift["pain_f1"] == 1.0


def test_a_text_without_prediction_is_an_error() -> None:
    """Scoring only what was answered would flatter a model that drops rows."""
    with pytest.raises(InputError, match="1 gold texts have no prediction"):
        metrics.evaluate(gold(), {r["id"]: r for r in gold()[1:]}, STAGES)


def test_empty_language_of_mentions_does_not_divide_by_zero() -> None:
    """A gold file of greetings only is legal."""
    row = {"id": "1", "lang": "en", "text": "hello", "sentiment": "neu", "mentions": []}
    assert metrics.evaluate([row], {"1": row}, STAGES)["en"]["mention_f1"] == 0.0


@pytest.mark.skipif(not (SHARED / "labelling/metrics.py").exists(), reason="the given scorer is not here")
@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_the_given_scorer(seed: int) -> None:
    """Acceptance is measured with the given scorer; ours must print the very same numbers."""
    spec = importlib.util.spec_from_file_location("given", SHARED / "labelling/metrics.py")
    assert spec and spec.loader
    given = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(given)
    rows = [dict(r, id=f"{r['id']}-{i}") for i in range(20) for r in gold()]
    predicted = disturbed(rows, seed)
    ours = metrics.evaluate(rows, predicted, STAGES)
    for lang in ("fa", "en"):
        theirs = given.score([(r["text"], r, predicted[r["id"]]) for r in rows if r["lang"] == lang])
        assert ours[lang] == pytest.approx(theirs, abs=1e-12)
        assert ours[lang].keys() == theirs.keys()
