# ruff: noqa: E501
"""Mentions with made-up vectors: ten things that customers say, each in Persian and English words of our own."""

from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pandas as pd
import pytest

from cxnlp import tables
from cxnlp.config import Topics

DIMENSIONS = 64
SAID: dict[tuple[str, str, str], dict[str, list[str]]] = {
    ("pain", "delivery", "late"): {
        "fa": ["پیک خیلی دیر رسید", "غذا با دو ساعت تاخیر رسید", "پیک دیر کرد", "سفارشم سه روز دیر رسید", "ارسال خیلی طول کشید"],
        "en": ["the courier came far too late", "delivery took three weeks", "my parcel arrived late", "courier was late again"],
    },
    ("pain", "packaging_condition", "cold"): {
        "fa": ["غذا کاملا سرد بود", "پیتزا یخ کرده بود", "غذا سرد به دستم رسید", "برنجش سرد و خشک بود", "سوپ سرد بود"],
        "en": ["the food was stone cold", "pizza arrived cold", "cold food as usual", "soup was cold on arrival"],
    },
    ("pain", "app_reliability", "crash"): {
        "fa": ["برنامه مدام بسته می‌شه", "اپلیکیشن هنگ می‌کنه", "برنامه موقع پرداخت هنگ کرد", "اپ هی بسته میشه", "بعد از آپدیت باز نمی‌شه"],
        "en": ["the app keeps crashing", "app crashes on payment", "it freezes after the update", "app freezes all the time"],
    },
    ("pain", "price_value", "dear"): {
        "fa": ["قیمت‌ها خیلی گرونه", "قیمت نسبت به کیفیت بالاست", "خیلی گران شده", "قیمتش زیادی بالاست", "گرون حساب کردن"],
        "en": ["prices are far too high", "way too expensive for what it is", "overpriced and small", "the price went up again"],
    },
    ("praise", "staff_support", "kind"): {
        "fa": ["پشتیبانی خیلی مودب بود", "برخورد پرسنل عالی بود", "کارمندها خوش‌برخورد بودن", "پشتیبان با حوصله جواب داد"],
        "en": ["staff were kind and patient", "support was very helpful", "friendly staff all round", "helpful and polite agent"],
    },
    ("praise", "delivery", "fast"): {
        "fa": ["ارسال خیلی سریع بود", "یک روزه رسید دستم", "تحویل سریع و به موقع", "پیک زود رسید"],
        "en": ["delivery was quick", "arrived the next day", "fast and punctual delivery", "super fast shipping"],
    },
    ("request", "features_functionality", "dark"): {
        "fa": ["لطفا حالت تاریک اضافه کنید", "کاش تم تیره داشت", "حالت شب بذارید", "تم تیره لازم داره"],
        "en": ["please add a dark mode", "wish it had a dark theme", "add night mode please", "dark mode would be great"],
    },
}  # fmt: skip


def _direction(name: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return vector / np.linalg.norm(vector)


def said(things: list[str] | None = None, each: int = 12, start: str = "2024-01-01", prefix: str = "m") -> pd.DataFrame:
    """`each` mentions per thing and language, spread over 180 days from `start`, with vectors near the thing's own."""
    rows = []
    for (kind, touchpoint, thing), quotes in SAID.items():
        for language in quotes if things is None or thing in things else ():
            numbered = itertools.islice(itertools.cycle(quotes[language]), each)
            for number, quote in enumerate(numbered):
                text = (
                    quote
                    if number < len(quotes[language])
                    else f"{quote} {'واقعا' if language == 'fa' else 'really'}" * (number // 4)
                )
                id_ = f"{prefix}-{thing}-{language}-{number:03d}"
                vector = _direction(thing) + 0.7 * _direction(id_) + 0.15 * _direction(language)
                at = pd.Timestamp(start, tz="UTC") + pd.Timedelta(days=180 * number / each)
                rows.append((id_, f"f-{id_}", text, kind, touchpoint, language, vector / np.linalg.norm(vector), at))
    columns = ["mention_id", "feedback_id", "quote", "kind", "touchpoint", "language", "vector", "created_at"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(vector=[v.astype("<f2").tobytes() for v in frame["vector"]])


@pytest.fixture
def settings() -> Topics:
    return Topics(min_size=6)


@pytest.fixture
def registry() -> pd.DataFrame:
    return tables.empty("topics")
