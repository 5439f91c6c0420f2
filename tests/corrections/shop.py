"""A small lake of a shop that speaks Persian and English, read by nobody's model: what the tests correct."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cxnlp.config import Project, Settings
from cxnlp.lake import Lake
from cxnlp.pipeline import open_run
from cxnlp.stages.run import Run
from cxnlp.tables import mention_id

TEXTS = [  # language, sentiment, text, (quote, kind, touchpoint, severity, target), …
    ("fa", "mixed", "پیک خیلی دیر رسید ولی نانش هنوز گرم بود", [
        ("پیک خیلی دیر رسید", "pain", "delivery", 2, "پیک"),
        ("نانش هنوز گرم بود", "praise", "product_quality", 0, "نان")]),
    ("fa", "neg", "سه روز است پیگیرم، پولم را هنوز برنگردانده‌اند", [
        ("پولم را هنوز برنگردانده‌اند", "pain", "payment_billing", 3, "پول")]),
    ("fa", "neu", "برای سالگرد مادرم دنبال یک جعبهٔ هدیه بودم", [
        ("دنبال یک جعبهٔ هدیه بودم", "request", "product_quality", 0, "جعبهٔ هدیه")]),
    ("fa", "pos", "خانم پشت تلفن با حوصله راهنمایی کرد", [
        ("با حوصله راهنمایی کرد", "praise", "staff_support", 0, None)]),
    ("en", "mixed", "Your app froze at the till, but the woman on chat sorted it in minutes", [
        ("Your app froze at the till", "pain", "usability_interface", 2, "app"),
        ("the woman on chat sorted it in minutes", "praise", "staff_support", 0, "woman")]),
    ("en", "neg", "Second parcel in a row with a cracked jar inside", [
        ("a cracked jar inside", "pain", "packaging_condition", 2, "jar")]),
    ("en", "neu", "Is the saffron sold by weight or by the box?", [
        ("Is the saffron sold by weight or by the box?", "question", "product_information", 0, "saffron")]),
    ("en", "pos", "Best pistachio cake north of the river", [
        ("Best pistachio cake north of the river", "praise", "product_quality", 0, "pistachio cake")]),
]  # fmt: skip


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feedback F0…F7 (customers C0…C3, one day apart) and their mentions, vectors included."""
    rng = np.random.default_rng(3)
    rows, said = [], []
    for i, (language, sentiment, text, mentions) in enumerate(TEXTS):
        rows.append({
            "feedback_id": f"F{i}", "source": "shop", "text": text, "normalized": text.casefold(), "language": language,
            "created_at": pd.Timestamp("2025-05-01T08:00Z") + pd.Timedelta(days=i), "role": "customer",
            "customer_id": f"C{i % 4}", "channel": "review", "sentiment": sentiment, "model_version": "reader-1",
            "sentiment_score": {"neg": -0.8, "pos": 0.9}.get(sentiment, 0.0), "sentiment_confidence": 0.5 + i / 20,
        })  # fmt: skip
        for quote, kind, touchpoint, severity, target in mentions:
            start = text.index(quote)
            vector = rng.normal(size=8)
            mention = {"start": start, "end": start + len(quote), "kind": kind}
            said.append(mention | {
                "mention_id": mention_id(f"F{i}", mention), "feedback_id": f"F{i}", "quote": quote,
                "touchpoint": touchpoint, "stage": "service", "stage_source": "touchpoint",
                "polarity": {"pain": "neg", "praise": "pos"}.get(kind, "neu"), "severity": severity, "target": target,
                "confidence": 0.4 + i / 15, "language": language, "model_version": "reader-1",
                "vector": (vector / np.linalg.norm(vector)).astype("<f2").tobytes(),
            })  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(said)


def lake(folder: Path) -> Run:
    """The shop mined into `folder`/lake, with a cxnlp.toml that names it."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "cxnlp.toml").write_text('[project]\nraw = "raw"\nout = "lake"\n', encoding="utf-8")
    settings = Settings(project=Project(raw=Path("raw"), out=Path("lake")), home=folder)
    feedback, mentions = frames()
    store = Lake(settings.lake_uri)
    store.append("feedback", feedback)
    store.append("mentions", mentions)
    return open_run(settings)
