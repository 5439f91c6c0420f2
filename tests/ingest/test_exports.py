"""The shipped configurations against the files they are for."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from cxnlp import ingest
from cxnlp.config import load

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CXNLP_SHARED", ROOT.parent / "shared")) / "raw"

# file -> (read, kept, duplicates, rejected)
EXPORTS = {
    "airline_comments.csv": (8000, 8000, 0, 0),
    "app_reviews.csv": (3989, 3987, 0, 2),
    "call_notes_fa.txt": (270, 270, 0, 0),
    "clothing_reviews.jsonl": (6000, 6000, 0, 0),
    "digikala_reviews.csv": (9000, 9000, 0, 0),
    "food_comments_1256.csv": (6000, 6000, 0, 0),
    "place_comments.parquet": (2484, 2484, 0, 0),
    "support_chats_fa.json": (469, 469, 0, 0),
    "support_transcripts.json": (20869, 20867, 0, 2),
    "telecom_nps_survey.xlsx": (2328, 2328, 0, 0),
    "telegram_export/result.json": (243, 220, 0, 23),
}
SAMPLE = {
    "shop_reviews.csv": (265, 260, 2, 3),
    "nps_survey.xlsx": (180, 180, 0, 0),
    "support_transcripts.json": (187, 187, 0, 0),
    "messenger_export/result.json": (106, 98, 0, 8),
}


def read(config, raw):
    loaded = load(config, raw=raw)
    found = ingest.discover(loaded)
    assert not found.warnings
    assert not found.uncovered
    counts, kept, rejected = {}, [], []
    for file in found:
        batches = list(ingest.read(file, loaded))
        records, same = sum(b.read for b in batches), sum(b.duplicates for b in batches)
        kept.append(pd.concat(b.feedback for b in batches))
        rejected.append(pd.concat(b.rejected for b in batches))
        counts[file.file] = (records, len(kept[-1]), same, len(rejected[-1]) - same)
    return counts, pd.concat(kept), pd.concat(rejected)


def notes(kept, name):
    return kept[kept["attributes"].fillna("").str.contains(f'"_{name}')]


def test_sample():
    """The demonstration reads its sample to the last row: what is broken there on purpose is mended or rejected."""
    counts, kept, _ = read(ROOT / "cxnlp.toml", ROOT / "data" / "raw")
    assert counts == SAMPLE
    assert notes(kept, "row_mended")["external_id"].tolist() == ["R19011", "R19012"]
    assert notes(kept, "date_unread")["external_id"].tolist() == ["R19010"]
    assert kept["created_at"].isna().sum() == 1
    assert kept[kept["source"] == "messenger"].groupby("role").size().to_dict() == {"agent": 30, "customer": 68}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no exports at {SHARED}")
def test_exports():
    """Eleven exports: every row is kept or rejected with its reason, every date and score is read."""
    counts, kept, rejected = read(ROOT / "examples" / "exports" / "cxnlp.toml", SHARED)
    assert counts == EXPORTS
    apps = rejected[rejected["file"] == "app_reviews.csv"]
    assert apps["row"].tolist() == [51, 129]
    assert apps["reason"].tolist() == ["empty_text", "broken_row"]
    undated = kept[kept["created_at"].isna()]
    assert undated["row"].tolist() == [516]  # a score without words, and "not a date"
    assert notes(kept, "date_unread")["row"].tolist() == [516]
    assert notes(kept, "rating_unread")["source"].unique().tolist() == ["product_reviews"]  # below 1
    scores = kept[kept["role"] == "customer"].groupby("source")[["rating", "nps", "csat", "recommended"]].count()
    assert scores.loc["telecom_nps", "nps"] == 2296
    assert scores.loc["app_reviews", "rating"] == 76  # eight of them "five", one without words
    assert scores.loc["clothing_reviews", ["rating", "recommended"]].tolist() == [6000, 6000]
    assert kept[kept["source"] == "airlines"]["brand"].nunique() == 4
