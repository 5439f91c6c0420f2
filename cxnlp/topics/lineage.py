"""What happens to known topics, seen and written down, never acted on: drift, likely splits and merges, growth, age.

People decide on splits and merges (`cxnlp topics split|merge`); a run retires a topic only when nothing was said in
it for a year, and revives it when it comes back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxnlp.topics.assignment import LIVE
from cxnlp.topics.describe import counted, distinct
from cxnlp.topics.registry import Row, events, frame, records, with_event
from cxnlp.topics.vectors import Matrix, to_matrix, unit

RECENT = pd.Timedelta(days=90)  # window of drift and growth
SILENT = pd.Timedelta(days=365)  # without a mention so long, a topic that nobody pinned is retired
YOUNG = pd.Timedelta(days=120)  # how long a topic that grows may be called emerging
DRIFT = 0.75  # cosine of recent mentions' middle to the centroid below which the topic drifts
DOUBLE = 0.9  # cosine of two topics' centroids from which they may be one
APART = 0.35  # cosine of the middles of a topic's halves below which it may be two
RATIO, ALPHA, LEAST = 1.5, 0.01, 10  # growth: least ratio of rates, p of its test, least recent mentions


def watch(topics: pd.DataFrame, mentions: pd.DataFrame, min_size: int, at: pd.Timestamp) -> pd.DataFrame:
    """`topics` with what is noticed now in their history, and status emerging | active | retired as time decides."""
    rows = {row["topic_id"]: row for row in records(topics)}
    live = [row for row in rows.values() if row["level"] == "topic" and row["status"] in LIVE]
    said = counted(mentions)
    places = {str(topic): index for topic, index in said.groupby("topic_id").groups.items()}
    centre = to_matrix(said["vector"]).mean(axis=0) if len(said) else np.zeros(0)
    rates = growth(mentions, at)
    for row in live:
        own = said.loc[places.get(row["topic_id"], [])]
        row = _aged(row, rates.get(row["topic_id"]), at)
        if len(own) >= 2 * min_size:
            vectors = unit(to_matrix(own["vector"]) - centre)
            row = _drift(row, own, vectors, centre, at, min_size)
            row = _halves(row, vectors, min_size, at)
        rows[row["topic_id"]] = row
    for first, second, cosine in _doubles([row for row in live if row["status"] != "ignored"], centre):
        rows[first] = _once(rows[first], at, "merge_suggested", with_topic=second, cosine=cosine)
    return frame(list(rows.values()))


def growth(mentions: pd.DataFrame, at: pd.Timestamp) -> dict[str, tuple[float, float, int]]:
    """Topic → (ratio of rates, p, recent mentions): its share of all mentions in the last 90 days against before.

    Shares, so that a topic does not grow because all feedback does; one-sided exact conditional test of two Poisson
    rates (Przyborowski and Wilenski 1940), Bonferroni-corrected for the number of topics. Topics without dates: none.
    """
    if "created_at" not in mentions or mentions["created_at"].isna().all():
        return {}
    from scipy.stats import binom

    dated = distinct(mentions).dropna(subset="created_at")
    recent = dated["created_at"] > at - RECENT
    new, old = int(recent.sum()), int((~recent).sum())
    if not new or not old:
        return {}
    now = dated[recent].groupby("topic_id").size()
    ever = dated.groupby("topic_id").size()
    result: dict[str, tuple[float, float, int]] = {}
    for topic, count in ever.items():
        late = int(now.get(topic, 0))
        ratio = (late / new) / max((count - late) / old, 0.5 / old)
        p = float(binom.sf(late - 1, int(count), new / (new + old))) * len(ever)
        result[str(topic)] = float(ratio), min(1.0, p), late
    return result


def _aged(row: Row, rate: tuple[float, float, int] | None, at: pd.Timestamp) -> Row:
    if row["status"] == "ignored":
        return row
    if not row["pinned"] and not pd.isna(row["last_seen"]) and pd.Timestamp(row["last_seen"]) < at - SILENT:
        return with_event(row | {"status": "retired"}, at, "retired", reason="nothing said for a year")
    young = bool(pd.isna(row["first_seen"]) or pd.Timestamp(row["first_seen"]) > at - YOUNG)
    grows = rate is not None and rate[0] >= RATIO and rate[1] < ALPHA and rate[2] >= LEAST
    status = "emerging" if grows and young else "active"
    if rate is not None and young:
        row = _once(row, at, "growth_tested", ratio=round(rate[0], 2), p=float(f"{rate[1]:.2g}"), mentions=rate[2])
    if grows and row["status"] != status and rate is not None:
        row = with_event(row, at, "grows", ratio=round(rate[0], 2), p=float(f"{rate[1]:.2g}"), mentions=rate[2])
    return row | {"status": status}


def _drift(row: Row, own: pd.DataFrame, vectors: Matrix, centre: Matrix, at: pd.Timestamp, min_size: int) -> Row:
    if "created_at" not in own or not isinstance(row["centroid"], bytes):
        return row
    recent = (own["created_at"] > at - RECENT).to_numpy()
    if recent.sum() < 2 * min_size:
        return row
    home = unit(to_matrix([row["centroid"]]) - centre)[0]
    cosine = float(unit(vectors[recent].mean(axis=0)[None])[0] @ home)
    return _once(row, at, "drift", cosine=round(cosine, 3)) if cosine < DRIFT else row


def _halves(row: Row, vectors: Matrix, min_size: int, at: pd.Timestamp) -> Row:
    first, second = halves(vectors)
    if min(len(first), len(second)) < 2 * min_size:
        return row
    middles = unit(np.stack([vectors[first].mean(axis=0), vectors[second].mean(axis=0)]))
    cosine = float(middles[0] @ middles[1])
    return _once(row, at, "split_suggested", sizes=[len(first), len(second)]) if cosine < APART else row


def halves(vectors: Matrix) -> tuple[Any, Any]:
    """Rows of the two halves of a set of unit vectors, cut across its longest direction; exact, without chance."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    along = centred @ directions[:, -1]
    side = along > 0
    for _ in range(5):
        if side.all() or not side.any():
            break
        middles = unit(np.stack([vectors[~side].mean(axis=0), vectors[side].mean(axis=0)]))
        side = (vectors @ middles.T).argmax(axis=1) == 1
    return np.flatnonzero(~side), np.flatnonzero(side)


def _doubles(live: list[Row], centre: Matrix) -> list[tuple[str, str, float]]:
    found = []
    for kind in sorted({row["kind"] for row in live}):
        rows = [row for row in live if row["kind"] == kind and isinstance(row["centroid"], bytes)]
        if len(rows) > 1 and len(centre):
            vectors = unit(to_matrix([row["centroid"] for row in rows]) - centre)
            pairs = np.argwhere(np.triu(vectors @ vectors.T, 1) >= DOUBLE)
            found += [
                (rows[i]["topic_id"], rows[j]["topic_id"], round(float(vectors[i] @ vectors[j]), 3)) for i, j in pairs
            ]
    return found


def _once(row: Row, at: pd.Timestamp, event: str, **details: Any) -> Row:
    """The row with the event, unless its history has it already (for the same other topic)."""
    other = details.get("with_topic")
    if any(e["event"] == event and e.get("with_topic") == other for e in events(row)):
        return row
    return with_event(row, at, event, **details)
