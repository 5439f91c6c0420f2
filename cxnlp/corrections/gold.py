"""The correction log as labelled texts that training reads, each saying where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cxnlp.corrections.labels import Label

HELD_OUT = 5  # one text in so many is kept aside to judge what was learned, by a hash of its id


def records(log: pd.DataFrame) -> list[Label]:
    """The latest correction of every text in the labelled format, ordered by id, with `provenance`."""
    latest = log.sort_values(["at", "correction_id"]).drop_duplicates("feedback_id", keep="last")
    found = []
    for row in latest.sort_values("feedback_id").to_dict("records"):
        said = json.loads(row["label"])
        if not said["sentiment"]:
            continue
        origin = {k: None if pd.isna(row[k]) else row[k] for k in ("correction_id", "who", "origin", "model_version")}
        origin |= {"at": pd.Timestamp(row["at"]).isoformat(), "changed": len(json.loads(row["changes"] or "[]"))}
        found.append(
            {"id": row["feedback_id"], "lang": said["lang"], "source": "corrections", "text": said["text"],
             "sentiment": said["sentiment"], "mentions": said["mentions"], "provenance": origin}
        )  # fmt: skip
    return found


def held_out(record: Label) -> bool:
    """Whether a text is for judging, not for learning: decided by its id, so for ever."""
    return int(hashlib.sha256(record["id"].encode()).hexdigest(), 16) % HELD_OUT == 0


def write(found: Sequence[Any], path: Path) -> None:
    """One object per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
