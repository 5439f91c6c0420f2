"""How fast the desk answers over 50,000 texts: `python -m benchmarks.desk [N]`.

Texts are made of the sample's sentences (data/raw, both languages) and 5,000 invented words in Zipf's proportions; one
mention each. Printed: seconds to read the lake and index it, then seven searches, from words to the page's HTML.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from cxnlp.config import Project, Settings
from cxnlp.lake import Lake
from cxnlp.pipeline import open_run
from cxnlp.prepare.normalize import normalize

QUERIES = (
    "رسیدن", "پیک دیر", '"دیر رسید"', "couriers late", "delivered", "app", "xyzzy",
)  # fmt: skip
PHRASES = (
    "پیک خیلی دیر رسید", "بسته‌بندی محکم بود", "the courier was late again", "the app froze when I paid",
    "قیمتش نسبت به کیفیت بالاست", "support answered kindly", "delivered a day early",
)  # fmt: skip


def texts(count: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feedback and mentions of about twenty words a text."""
    rng = np.random.default_rng(seed)
    letters = list("ابپتدرزسشکگلمنوهی")
    words = np.array(["".join(rng.choice(letters, int(rng.integers(3, 8)))) for _ in range(5000)])
    weights = 1 / np.arange(1, 5001)
    drawn = words[rng.choice(5000, (count, 16), p=weights / weights.sum())]
    quotes = rng.choice(PHRASES, count)
    ids = [f"F{i:06d}" for i in range(count)]
    whole = [f"{q} {' '.join(row)}" for q, row in zip(quotes, drawn, strict=True)]
    dates = pd.Timestamp("2026-01-01T00:00Z") + pd.to_timedelta(rng.integers(0, 300 * 86400, count), unit="s")
    feedback = pd.DataFrame({"feedback_id": ids, "text": whole, "created_at": dates})
    feedback = feedback.assign(
        normalized=[normalize(t) for t in whole], source="made", language="fa", role="customer", sentiment="neg"
    )
    mentions = pd.DataFrame({"mention_id": [f"M{i}" for i in ids], "feedback_id": ids, "start": 0, "quote": quotes})
    mentions["end"] = mentions["quote"].str.len()
    return feedback, mentions.assign(
        kind="pain", touchpoint="delivery", stage="action", polarity="neg", severity=2, confidence=0.8
    )


def main(count: int = 50_000) -> None:
    """Print the figures."""
    from starlette.testclient import TestClient

    from cxnlp.desk.app import application
    from cxnlp.desk.guard import Keys

    with tempfile.TemporaryDirectory() as folder:
        feedback, mentions = texts(count)
        lake = Lake(Path(folder) / "lake")
        lake.append("feedback", feedback)
        lake.append("mentions", mentions)
        settings = Settings(project=Project(raw=Path(), out=Path("lake")), home=Path(folder))
        keys, started = Keys(), time.perf_counter()
        client = TestClient(application(open_run(settings), keys, {"127.0.0.1"}, "x"), base_url="http://127.0.0.1")
        print(f"{count:,} texts: read and indexed in {time.perf_counter() - started:.1f} s")
        client.get(f"/?token={keys.token}")
        for query in QUERIES:
            spent = []
            for _ in range(3):
                started = time.perf_counter()
                page = client.get("/texts", params={"q": query, "kind": "pain", "touchpoint": "delivery"}).text
                spent.append(time.perf_counter() - started)
            found = page.split('data-texts="')[1].split('"')[0]
            print(f"{query:<16} {int(found):>7,} texts  {1000 * sorted(spent)[1]:>6.0f} ms (median of 3)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
