"""Rows of the desk's shop, made up here."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from cxnlp import taxonomy

HOST = "http://127.0.0.1:8010"
EVIL = "<script>document.title='owned'</script> the \"lid\" leaks & <img src=x onerror=alert(1)>"
ORDERS = """order_id,customer_id,ordered_at,amount,status
A1,C0,2025-04-28T10:00,420000,delivered
A2,C0,2025-05-03T10:00,150000,returned
"""


def evil_rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A text of markup, and a mention of all of it."""
    text = {
        "feedback_id": "F<b>",
        "source": "shop",
        "text": EVIL,
        "language": "en",
        "role": "customer",
        "customer_id": "C/9",
    }
    text |= {"sentiment": "neg", "model_version": "reader-1", "created_at": pd.Timestamp("2025-04-01T08:00Z")}
    mention = {"mention_id": "E1", "feedback_id": "F<b>", "start": 0, "end": len(EVIL), "quote": EVIL, "kind": "pain"}
    mention |= {
        "touchpoint": "general",
        "polarity": "neg",
        "severity": 1,
        "confidence": 0.5,
        "model_version": "reader-1",
    }
    return pd.DataFrame([text]), pd.DataFrame([mention])


def topics() -> pd.DataFrame:
    """A theme with one topic of pains."""
    size = 8 + len(taxonomy.load().touchpoints)  # what is said, and what it is about
    centre = (np.ones(size) / np.sqrt(size)).astype("<f2").tobytes()
    rows = [
        {"topic_id": "T0100", "level": "theme", "label_fa": "تحویل", "label_en": "Delivery", "size": 2, "size_fa": 1},
        {"topic_id": "T0001", "parent_id": "T0100", "level": "topic", "kind": "pain", "label_fa": "دیر رسیدن پیک",
         "label_en": "late courier", "size": 2, "size_fa": 1, "centroid": centre, "threshold": -1.0},
    ]  # fmt: skip
    frame = pd.DataFrame(rows).assign(status="active", pinned=False, label_source="machine", history="[]")
    empty = [[] for _ in rows]
    return frame.assign(keywords_fa=empty, keywords_en=empty, representatives=empty, touchpoints="{}")


def alert() -> pd.DataFrame:
    """An alert about delivery, judged on the week that ends on 1 May."""
    details = {"alert": "rate_rise", "from": "2025-04-25", "to": "2025-05-01", "evidence": "feedback"}
    row = {"insight_id": "a1", "type": "alert", "metric": "rate_ratio", "by": "touchpoint", "touchpoint": "delivery",
           "kind": "pain", "period": "all", "value": 2.4,
           "text_en": "Complaints about delivery have more than doubled (n = 12).",
           "text_fa": "گلایه از تحویل بیش از دو برابر شده است (۱۲ متن).", "evidence": ["F0"]}  # fmt: skip
    return pd.DataFrame([row | {"details": json.dumps(details)}])
