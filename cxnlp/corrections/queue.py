"""Which texts a person should look at first: those the model doubts, unlike each other, in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

POOL = 2000  # most doubtful texts of a language among which unlike ones are chosen
FLOOR = 0.2  # what doubt alone is worth beside being unlike those already chosen


def chosen(texts: pd.DataFrame, mentions: pd.DataFrame, count: int) -> list[str]:
    """At most `count` feedback_ids, languages by turns, most useful first; the same for the same lake.

    `texts`: feedback_id, language (fa | en), sentiment_confidence; `mentions`: feedback_id, confidence, vector. Doubt
    is 1 − the least confidence in the text; usefulness is doubt × (FLOOR + (1 − FLOOR) × distance to those chosen),
    with distance = 1 − cosine: farthest-first traversal (Sener and Savarese 2018) weighted by uncertainty, as in Ash
    et al. 2020.
    """
    least = mentions.groupby("feedback_id")["confidence"].min().reindex(texts["feedback_id"]).to_numpy(float)
    own = texts["sentiment_confidence"].to_numpy(float)
    doubt = pd.Series(1 - np.nanmin([least, own, np.ones(len(own))], axis=0), index=texts["feedback_id"])
    turns: dict[str, list[str]] = {}
    for language, group in texts.groupby("language", sort=True):
        pool = doubt[group["feedback_id"]].sort_index().sort_values(ascending=False, kind="stable").head(POOL)
        turns[str(language)] = _unlike(pool, _vectors(mentions, pool.index), count)
    order = [queue[i] for i in range(count) for queue in turns.values() if i < len(queue)]
    return order[:count]


def _vectors(mentions: pd.DataFrame, wanted: pd.Index) -> NDArray[np.float32]:
    """Mean direction of what each text says, (n, d + 1); texts that say nothing share a direction of their own."""
    rows = mentions[mentions["feedback_id"].isin(wanted) & mentions["vector"].notna()]
    place = pd.Series(np.arange(len(wanted)), index=wanted)
    known = [np.frombuffer(v, dtype="<f2").astype(np.float32) for v in rows["vector"]]
    made = np.zeros((len(wanted), (len(known[0]) if known else 0) + 1), dtype=np.float32)
    for at, vector in zip(place[rows["feedback_id"]].to_numpy(), known, strict=True):
        made[at, : len(vector)] += vector
    made[~made.any(axis=1), -1] = 1
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def _unlike(doubt: pd.Series, vectors: NDArray[Any], count: int) -> list[str]:
    nearest = np.full(len(doubt), -np.inf)
    picked: list[int] = []
    left = np.ones(len(doubt), dtype=bool)
    worth = doubt.to_numpy(float) + 1e-9
    for _ in range(min(count, len(doubt))):
        distance = 1 - np.clip(nearest, 0, 1)
        score = np.where(left, worth * (FLOOR + (1 - FLOOR) * distance), -1)
        best = int(score.argmax())
        picked.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return [str(doubt.index[i]) for i in picked]
