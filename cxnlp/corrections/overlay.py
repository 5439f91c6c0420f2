"""Corrections laid over what the model says, so that they show at once and no later reading undoes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxnlp.corrections.labels import Label, match
from cxnlp.tables import mention_id

PERSON = "person"  # model_version of a mention that a person wrote or confirmed
SCORES = {"neg": -1.0, "neu": 0.0, "mixed": 0.0, "pos": 1.0}
INHERITED = ("vector", "language", "topic_id", "topic_similarity", "topic_version")


def standing(log: pd.DataFrame) -> dict[str, Label]:
    """feedback_id → its latest corrected reading."""
    latest = log.sort_values(["at", "correction_id"]).drop_duplicates("feedback_id", keep="last")
    return {str(f): json.loads(text) for f, text in zip(latest["feedback_id"], latest["label"], strict=True)}


def corrected(
    texts: pd.DataFrame, mentions: pd.DataFrame, labels: dict[str, Label], words: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`texts` and `mentions` (any columns of feedback and mentions) with the readings of `labels` in force.

    `words`: feedback_id → text as it is now; a correction of other words than these is out of date and changes
    nothing. A corrected mention keeps vector and topic of the mention it was; a missed one has none yet.
    """
    live = {f: found for f in texts["feedback_id"] if (found := labels.get(f)) and found["text"] == words.get(f)}
    if not live:
        return texts, mentions
    mine = mentions["feedback_id"].isin(live)
    made: list[dict[str, Any]] = []
    old = {str(f): block.to_dict("records") for f, block in mentions[mine].groupby("feedback_id")}
    for feedback_id, said in live.items():
        made += _mentions(feedback_id, said, old.get(feedback_id, []))
    rows = pd.DataFrame(made, columns=list(dict.fromkeys([*mentions.columns, "model_version"])), dtype=object)
    kept = mentions[~mine].astype(object)
    whole = pd.concat([kept, rows[mentions.columns]], ignore_index=True)
    return _texts(texts, live), whole.astype(mentions.dtypes.to_dict()) if len(mentions) else whole


def _texts(texts: pd.DataFrame, live: dict[str, Label]) -> pd.DataFrame:
    said = texts["feedback_id"].map({f: found["sentiment"] for f, found in live.items()})
    own = said.notna()
    changed = own & (said != texts["sentiment"])
    columns: dict[str, pd.Series] = {"sentiment": texts["sentiment"].mask(own, said)}
    if "sentiment_score" in texts:
        columns["sentiment_score"] = (
            texts["sentiment_score"].astype(float).mask(changed, said.map(SCORES).astype(float))
        )
    if "sentiment_confidence" in texts:
        columns["sentiment_confidence"] = texts["sentiment_confidence"].astype(float).mask(own, 1.0)
    return texts.assign(**columns)


def _mentions(feedback_id: str, said: Label, old: Sequence[Any]) -> list[dict[str, Any]]:
    before = {id(new): was for was, new in match(old, said["mentions"])}
    rows = []
    for mention in said["mentions"]:
        was = before.get(id(mention), {})
        same_kind = was.get("kind") == mention["kind"]
        kept = {c: was.get(c) for c in INHERITED if c in was and (same_kind or not c.startswith("topic"))}
        rows.append(
            {"language": said["lang"], **kept, **mention, "target": mention["target"] or None, "confidence": 1.0,
             "mention_id": mention_id(feedback_id, mention), "feedback_id": feedback_id, "model_version": PERSON}
        )  # fmt: skip
    return rows
