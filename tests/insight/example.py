"""A small shop's feedback in both languages, made up here: three sources, planted effects, every awkward case.

Planted: late delivery doubles in the last four weeks; students suffer from the app; those who say «late» score
lower; one duplicate, undated rows, agents' turns, an unknown customer, a topic that is one language only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxnlp import taxonomy

AS_OF = pd.Timestamp("2025-09-19T20:00:00Z")  # a Friday evening: the Saturday week is complete
FIRST = pd.Timestamp("2024-03-23T00:00:00Z")
CITIES = ("تهران", "مشهد", "اصفهان", "Shiraz")
PLANS = ("consumer", "student", "small_business")

# touchpoint, kind, severity, Persian, English, Persian target, English target, topic
# ruff: noqa: E501
PHRASES = (
    ("delivery", "pain", 2, "پیک خیلی دیر رسید", "the courier came three hours late", "پیک", "courier", "T0001"),
    ("delivery", "praise", 0, "سفارش زودتر از موعد رسید", "it arrived a day early", "سفارش", None, "T0002"),
    ("app_reliability", "pain", 3, "برنامه موقع پرداخت بسته می‌شود", "the app closes when I pay", "برنامه", "app", "T0003"),
    ("product_quality", "praise", 0, "کیفیت پارچه‌اش عالی بود", "the fabric feels wonderful", "پارچه", "fabric", "T0004"),
    ("product_quality", "pain", 1, "بعد از یک شست‌وشو رنگش رفت", "the colour faded after one wash", "رنگ", "colour", "T0005"),
    ("staff_support", "praise", 0, "پشتیبانی با حوصله جواب داد", "support answered patiently", "پشتیبانی", "support", None),
    ("staff_support", "pain", 2, "نیم ساعت پشت خط ماندم", "I was on hold for half an hour", None, None, "T0006"),
    ("price_value", "pain", 1, "نسبت به قیمتش نمی‌ارزد", "it is not worth the price", "قیمت", "price", None),
    ("features_functionality", "request", 0, "کاش گزینهٔ ارسال هدیه داشت", "please add gift wrapping", None, "gift wrapping", "T0007"),
    ("product_information", "question", 0, "جنس آسترش چیست؟", "is the lining cotton?", "آستر", "lining", None),
    ("promotion", "motive", 0, "به خاطر تخفیف عید خریدم", "I bought it for my daughter's birthday", None, None, None),
    ("retention", "pain", 3, "دیگر از اینجا خرید نمی‌کنم", "I am switching to another shop", None, None, None),
    ("advocacy", "praise", 0, "به همه پیشنهاد می‌کنم", "I tell all my friends about it", None, None, None),
    ("general", "praise", 0, "خیلی راضی بودم", "very happy overall", None, None, None),
    ("general", "fact", 0, "هفتهٔ پیش سفارش دادم", "I ordered last week", None, None, None),
)  # fmt: skip
WEIGHTS = np.array([14, 10, 7, 14, 8, 8, 7, 7, 6, 4, 4, 3, 5, 10, 3], dtype=float)


@dataclass
class Example:
    """Frames as the pipeline hands them over."""

    feedback: pd.DataFrame
    mentions: pd.DataFrame
    topics: pd.DataFrame
    segments: pd.DataFrame
    customers: pd.DataFrame


def frames(n: int = 300, seed: int = 7) -> Example:
    """`n` customers' texts (and some agents' turns) with their mentions, topics and segments."""
    rng = np.random.default_rng(seed)
    rows, mentions = [], []
    for i in range(n):
        row, said = _text(i, rng)
        rows.append(row)
        mentions.extend(said)
        if row["conversation_id"] is not None:
            rows.append(_answer(row, rng))
    rows.append({**rows[0], "feedback_id": "F-copy", "duplicate_of": rows[0]["feedback_id"]})
    feedback = _typed(pd.DataFrame(rows))
    customers = _customers(rng)
    known = feedback[["feedback_id", "customer_id"]].merge(customers, on="customer_id", how="left")
    segments = known[["feedback_id", "city", "account_type"]].set_axis(feedback.index)
    return Example(feedback, pd.DataFrame(mentions), topics(), segments, customers)


def _text(i: int, rng: np.random.Generator) -> tuple[dict, list[dict]]:
    language = "fa" if rng.random() < 0.5 else "en"
    source = ("shop_reviews", "nps_survey", "support_chats")[i % 3]
    customer = int(rng.integers(0, 120))
    when = FIRST + (AS_OF - FIRST) * float(rng.random())
    when = when.floor("s")
    weights = WEIGHTS.copy()
    weights[0] *= 3.0 if when > AS_OF - pd.Timedelta(weeks=4) else 1.0
    weights[2] *= 4.0 if PLANS[customer % 3] == "student" else 1.0
    chosen = rng.choice(len(PHRASES), size=int(rng.integers(1, 4)), replace=False, p=weights / weights.sum())
    row = {"feedback_id": f"F{i:05d}", "source": source, "language": language, "role": "customer"}
    row |= {"created_at": None if i % 41 == 0 else when, "customer_id": None if i % 17 == 0 else f"C{customer:03d}"}
    row |= {"channel": ("review", "survey", "chat")[i % 3], "brand": ("Banoo", "Narvan")[customer % 2]}
    text, said = _say(row, chosen, rng)
    row["text"] = text
    mood = sum({"pain": -1.2 * PHRASES[j][2], "praise": 1.5}.get(PHRASES[j][1], 0.0) for j in chosen)
    row |= _scores(source, mood, rng)
    row["conversation_id"] = f"K{i:05d}" if source == "support_chats" else None
    row["turn"] = 1 if source == "support_chats" else None
    row["source_stage"] = "loyalty" if source == "nps_survey" and i % 2 else None
    if row["source_stage"]:
        said = [{**m, "stage": "loyalty", "stage_source": "source"} for m in said]
    polarities = {m["polarity"] for m in said}
    row["sentiment"] = "mixed" if {"neg", "pos"} <= polarities else next(iter(polarities & {"neg", "pos"}), "neu")
    row["sentiment_score"] = {"neg": -0.7, "pos": 0.8, "neu": 0.0, "mixed": 0.1}[row["sentiment"]]
    return row, said


def _say(row: dict, chosen: np.ndarray, rng: np.random.Generator) -> tuple[str, list[dict]]:
    text, said = "", []
    for j in chosen:
        touchpoint, kind, severity, fa, en, target_fa, target_en, topic = PHRASES[j]
        quote = fa if row["language"] == "fa" else en
        start = len(text)
        text += quote + ("، " if row["language"] == "fa" else ", ")
        said.append(
            {
                "mention_id": f"{row['feedback_id']}-{j}", "feedback_id": row["feedback_id"], "start": start,
                "end": start + len(quote), "quote": quote, "kind": kind, "touchpoint": touchpoint,
                "stage": taxonomy.load().stage_of(touchpoint), "stage_source": "touchpoint",
                "polarity": {"pain": "neg", "praise": "pos"}.get(kind, "neu"), "severity": severity,
                "target": target_fa if row["language"] == "fa" else target_en,
                "confidence": round(float(rng.uniform(0.5, 0.99)), 3), "language": row["language"],
                "model_version": "example", "topic_id": topic if rng.random() < 0.9 else None,
                "topic_similarity": 0.8, "topic_version": "example",
            }
        )  # fmt: skip
    return text[:-2], said


def _scores(source: str, mood: float, rng: np.random.Generator) -> dict:
    noise = rng.normal()
    if source == "shop_reviews":
        rating = float(np.clip(round(3.4 + 0.7 * mood + noise), 1, 5))
        return {"rating": rating, "rating_max": 5.0, "recommended": bool(rating >= 4)}
    if source == "nps_survey":
        return {"nps": float(np.clip(round(7 + 1.3 * mood + 1.5 * noise), 0, 10))}
    return {"csat": float(np.clip(round(3.5 + 0.6 * mood + noise), 1, 5)), "csat_max": 5.0, "ces": 4.0, "ces_max": 7.0}


def _answer(row: dict, rng: np.random.Generator) -> dict:
    """The agent's turn after a customer's: context and response time, never mined."""
    kept = {k: row[k] for k in ("source", "language", "channel", "brand", "conversation_id", "customer_id")}
    when = row["created_at"]
    later = None if when is None else when + pd.Timedelta(seconds=int(rng.exponential(360)))
    text = "سلام، همین حالا پیگیری می‌کنم." if row["language"] == "fa" else "Hello, I am looking into it now."
    turn = {"feedback_id": row["feedback_id"] + "-a", "role": "agent", "turn": 2, "created_at": later, "text": text}
    return {**kept, **turn}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    from cxnlp.tables import SCHEMAS, conform

    return conform(frame, "feedback").to_pandas()[SCHEMAS["feedback"].names]


def _customers(rng: np.random.Generator) -> pd.DataFrame:
    ids = [f"C{i:03d}" for i in range(120)]
    years = rng.choice([np.nan, *range(1950, 2006)], size=120)
    return pd.DataFrame(
        {"customer_id": ids, "city": rng.choice(CITIES, 120), "account_type": [PLANS[i % 3] for i in range(120)],
         "birth_year": years}
    )  # fmt: skip


def topics() -> pd.DataFrame:
    """Seven topics below two themes; T0006 has Persian words only."""
    rows = [
        ("T0100", None, "theme", None, "تحویل سفارش", "Delivery of orders", "delivery"),
        ("T0101", None, "theme", None, "برنامه و پشتیبانی", "App and support", "staff_support"),
        ("T0001", "T0100", "topic", "pain", "دیر رسیدن پیک", "courier is late", "delivery"),
        ("T0002", "T0100", "topic", "praise", "تحویل زودتر از موعد", "early delivery", "delivery"),
        ("T0003", "T0101", "topic", "pain", "بسته شدن برنامه هنگام پرداخت", "app closes at payment", "app_reliability"),
        ("T0004", "T0101", "topic", "praise", "کیفیت پارچه", "quality of the fabric", "product_quality"),
        ("T0005", "T0101", "topic", "pain", "رنگ رفتن پارچه", "faded colours", "product_quality"),
        ("T0006", "T0101", "topic", "pain", "معطلی پشت خط", None, "staff_support"),
        ("T0007", "T0101", "topic", "request", "بسته‌بندی هدیه", "gift wrapping", "features_functionality"),
    ]
    names = ["topic_id", "parent_id", "level", "kind", "label_fa", "label_en", "touchpoint"]
    frame = pd.DataFrame(rows, columns=names)
    frame["touchpoints"] = [json.dumps({t: 1.0}) for t in frame.pop("touchpoint")]
    frame["stage"] = None
    frame["status"] = "active"
    return frame
