"""Drift: said when the world moved away from what the model learned, and not said when it did not."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cxnlp.insight.drift import drift
from cxnlp.tables import conform

LAST = pd.Timestamp("2026-03-20T12:00Z")


def world(seed: int, **moved: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """1,500 texts of a year in both languages, a mention each; the newest four weeks changed as `moved` says."""
    rng = np.random.default_rng(seed)
    rows, said = [], []
    centre = rng.normal(size=16)
    for i in range(1500):
        recent = i % 4 == 0
        days = rng.uniform(0, 27) if recent else rng.uniform(29, 360)
        english = rng.random() < (0.75 if recent and moved.get("languages") else 0.4)
        language = "en" if english else "fa"
        rows.append({"feedback_id": f"F{i}", "created_at": LAST - pd.Timedelta(days=days), "language": language})
        sure = rng.uniform(0.5, 0.95) - (0.2 if recent and moved.get("confidence") and not english else 0)
        lost = rng.random() < (0.5 if recent and moved.get("topics") else 0.2)
        vector = centre + rng.normal(size=16) + (3 * np.eye(16)[0] if recent and moved.get("words") else 0)
        said.append({
            "feedback_id": f"F{i}", "mention_id": f"M{i}", "kind": "pain", "confidence": sure, "language": language,
            "topic_id": None if lost else "T0001", "topic_version": "1", "model_version": "reader-1",
            "vector": (vector / np.linalg.norm(vector)).astype("<f2").tobytes(),
        })  # fmt: skip
    feedback = pd.DataFrame(rows).assign(role="customer", duplicate_of=None)
    return feedback, pd.DataFrame(said)


def alarms(found: pd.DataFrame) -> set[tuple[str, str]]:
    """(metric, language or "all") of the rows that raise an alarm."""
    raised = [json.loads(d)["alarm"] for d in found["details"]]
    return set(zip(found[raised]["metric"], found[raised]["language"].fillna("all"), strict=True))


def test_a_steady_world_raises_no_alarm() -> None:
    """A watch that cries every week is switched off."""
    assert [alarms(drift(*world(seed))) for seed in range(5)] == [set()] * 5


@pytest.mark.parametrize(
    ("moved", "sign"),
    [("languages", ("language_mix", "all")), ("confidence", ("confidence", "fa")), ("topics", ("unassigned", "en")),
     ("words", ("embedding", "fa"))],
)  # fmt: skip
def test_each_sign_is_seen(moved: str, sign: tuple[str, str]) -> None:
    """A new market, a new product, a spelling that the model never saw: retraining is proposed by what moved."""
    assert sign in alarms(drift(*world(1, **{moved: True})))


def test_rows_are_findings() -> None:
    """They stand in the insights table with n on both sides, sentences in both languages and an identity that stays."""
    found = drift(*world(2, topics=True))
    conform(found, "insights")
    assert set(found["type"]) == {"drift"} and (found[["n", "base"]] >= 100).all(axis=None)
    assert found["insight_id"].is_unique
    row = found[(found["metric"] == "unassigned") & found["language"].isna()].iloc[0]
    assert "without a topic" in row["text_en"] and "بدون موضوع" in row["text_fa"]
    assert not found["text_fa"].str.contains("[0-9.]").any() and "۰٫" in found["text_fa"].str.cat()
    assert drift(*world(2, topics=True))["value"].equals(found["value"])


def test_too_little_says_nothing() -> None:
    """A shop's first week is no drift; what people corrected is no confidence of the model."""
    feedback, mentions = world(3, confidence=True)
    assert drift(feedback[:80], mentions).empty
    assert set(drift(feedback, mentions.assign(model_version="person"))["metric"]) == {"language_mix"}
