"""Reports of the shop that the insight tests made up, with hostile texts in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import config, insight, report, tables
from tests.insight import example

HOSTILE = "<script>document.title='owned'</script> \"q\" </script><img src=x onerror=alert(1)> & &lt; \u202eelif"
FORMULA = "=cmd|' /C calc'!A0"
SUMMARY = {
    "results": {
        "ingest": {
            "sources": {"shop_reviews": {"read": 108, "retained": 4, "kept": 100, "duplicates": 3, "rejected": 9}}
        },
        "annotate": {"model": "reader-1", "metrics": {k: {"sentiment_f1": 0.61, "ece": 0.05} for k in ("fa", "en")}},
    }
}


def settings(**keys: object) -> config.Settings:
    """Defaults, with a bootstrap short enough for tests; `keys` go to [report]."""
    return config.Settings(insight=config.Insight(bootstrap=50), report=config.Report(**keys))


def rejected() -> pd.DataFrame:
    """Three rows set aside: a broken one with hostile content, an empty one, and a repeated one."""
    rows = [
        {
            "rejected_id": "R1",
            "source": "shop_reviews",
            "file": "a.csv",
            "row": 7,
            "reason": "broken_row",
            "raw": FORMULA,
        },
        {"rejected_id": "R2", "source": "shop_reviews", "file": "a.csv", "row": 9, "reason": "empty_text", "raw": None},
        {"rejected_id": "R3", "source": "shop_reviews", "file": "a.csv", "row": 11, "reason": "repeated_row"},
    ]
    return tables.conform(pd.DataFrame(rows), "rejected").to_pandas()


def hostile(shop: example.Example) -> example.Example:
    """The shop with a text of each attack in it, mentioned as a pain, and a brand that is an attack too."""
    feedback, mentions = shop.feedback.copy(), shop.mentions.copy()
    for key, text in (("F00001", HOSTILE), ("F00002", FORMULA), ("F00003", "🙂🙂 پیک دیر آمد 🙂")):
        feedback.loc[feedback["feedback_id"] == key, "text"] = text
        mine = mentions["feedback_id"] == key
        mentions = mentions[~mine | ~mentions.duplicated("feedback_id")]
        mine = mentions["feedback_id"] == key
        mentions.loc[mine, ["quote", "start", "end"]] = [text, 0, len(text)]
    feedback.loc[feedback["feedback_id"] == "F00001", "brand"] = HOSTILE
    smiling = mentions["feedback_id"] == "F00003"
    mentions.loc[smiling, ["quote", "start", "end"]] = ["پیک دیر آمد", 3, 14]
    return example.Example(feedback, mentions, shop.topics, shop.segments, shop.customers)


def many(shop: example.Example, copies: int) -> example.Example:
    """The shop `copies` times over, each text followed by words of its own (as hard to pack as real texts)."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("ابپتجدرزسشفکگلمنوهی"), int(rng.integers(2, 8)))) for _ in range(5000)]
    ends = ["", *map(str, range(1, copies))]
    feedback, mentions, segments = (
        pd.concat([t.assign(feedback_id=t["feedback_id"] + end) for end in ends], ignore_index=True)
        for t in (shop.feedback, shop.mentions, shop.segments)
    )
    more = rng.choice(words, (len(feedback), 20))
    feedback = feedback.assign(text=feedback["text"] + [" " + " ".join(row) for row in more])
    mentions = mentions.assign(
        mention_id=mentions["mention_id"].where(
            ~mentions.duplicated("mention_id"), mentions["feedback_id"] + mentions["mention_id"]
        )
    )
    return example.Example(feedback, mentions, shop.topics, segments, shop.customers)


def findings(shop: example.Example) -> pd.DataFrame:
    """The shop's findings, by the room that computes them."""
    at = (shop.feedback, shop.mentions, shop.topics, shop.segments, settings())
    return insight.find(*at, as_of=example.AS_OF)


def added(found: pd.DataFrame, *rows: dict[str, Any]) -> pd.DataFrame:
    """The findings and these ones, by touchpoint unless they say otherwise."""
    common = {"by": "touchpoint", "evidence": [], "n": 20}
    numbered = enumerate(json.dumps(row.get("details", {})) for row in rows)
    whole = [common | row | {"insight_id": f"I{i}", "details": d} for row, (i, d) in zip(rows, numbered, strict=True)]
    more = pd.DataFrame(whole).reindex(columns=found.columns).astype(found.dtypes)
    return pd.concat([found, more], ignore_index=True)


def write(shop: example.Example, found: pd.DataFrame, folder: Path, **keys: object) -> Path:
    """A report of the shop in `folder`."""
    mentions, topics = (
        tables.conform(t, n).to_pandas() for t, n in ((shop.mentions, "mentions"), (shop.topics, "topics"))
    )
    at = (shop.feedback, mentions, topics, found, rejected(), shop.segments, settings(**keys))
    return report.write(*at, SUMMARY, folder)
