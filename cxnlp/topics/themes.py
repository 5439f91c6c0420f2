"""Topics → themes above them: what is spoken about, whatever is felt about it. At most `max_themes`.

Topics are alike that lie near each other and speak of the same touchpoints. A theme once made stays, with its id and
label; new topics join the nearest one, and make a new one only where none is near and there is room.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import taxonomy
from cxnlp.topics.labels import is_fallback
from cxnlp.topics.registry import Row, empty_row, frame, next_id, records, with_event
from cxnlp.topics.vectors import Matrix, to_bytes, to_matrix, unit

APART = 0.6  # mean cosine distance beyond which topics are not of one theme
TOUCHPOINTS = 1.5  # weight of touchpoints beside the centroid
MAIN = 0.5  # share of one touchpoint from which the theme is called after it


def arrange(topics: pd.DataFrame, max_themes: int, at: pd.Timestamp) -> pd.DataFrame:
    """`topics` with a parent_id for every live topic, and the themes' rows brought up to date."""
    live = topics[(topics["level"] == "topic") & topics["status"].isin(("active", "emerging", "ignored"))]
    rows = {row["topic_id"]: row for row in records(topics)}
    orphans = live[~live["parent_id"].isin(set(topics.loc[topics["level"] == "theme", "topic_id"]))]
    if len(orphans):
        _place(rows, live, orphans, max_themes, at)
    for theme in [t for t, row in rows.items() if row["level"] == "theme"]:
        members = [
            row for row in rows.values() if row["parent_id"] == theme and row["topic_id"] in set(live["topic_id"])
        ]
        rows[theme] = _summed(rows[theme], members)
    return _labelled(frame(list(rows.values())))


def _place(rows: dict[str, Row], live: pd.DataFrame, orphans: pd.DataFrame, max_themes: int, at: pd.Timestamp) -> None:
    placed = live[~live["topic_id"].isin(orphans["topic_id"])]
    features = _features(records(live))
    place = dict(zip(live["topic_id"], features, strict=True))
    themes: dict[str, list[Any]] = {}
    for topic, theme in zip(placed["topic_id"], placed["parent_id"], strict=True):
        themes.setdefault(theme, []).append(place[topic])
    room = max_themes - sum(row["level"] == "theme" for row in rows.values())
    if not themes:
        for group in _groups(np.stack([place[t] for t in orphans["topic_id"]]), room):
            _new_theme(rows, [orphans["topic_id"].iloc[i] for i in group], at)
        return
    for topic in orphans["topic_id"]:
        near = {
            theme: float(unit(np.mean(vectors, axis=0)[None])[0] @ place[topic]) for theme, vectors in themes.items()
        }
        best = max(sorted(near), key=lambda theme: near[theme])
        if near[best] < 1 - APART and room > 0:
            best, room = _new_theme(rows, [topic], at), room - 1
        rows[topic] = rows[topic] | {"parent_id": best}


def _features(live: list[Row]) -> Matrix:
    """Centroid (less what all share) and touchpoint shares of each topic, side by side, unit length."""
    centroids = to_matrix([row["centroid"] for row in live])
    centred = unit(centroids - centroids.mean(axis=0)) if len(live) > 2 else unit(centroids)
    names = [t.id for t in taxonomy.load().touchpoints]
    shares = np.zeros((len(live), len(names)))
    for i, row in enumerate(live):
        for touchpoint, share in json.loads(row["touchpoints"] or "{}").items():
            if touchpoint in names:
                shares[i, names.index(touchpoint)] = share
    return unit(np.hstack([centred, TOUCHPOINTS * unit(shares)]))


def _groups(features: Matrix, room: int) -> list[list[int]]:
    """Average linkage by cosine, cut at APART, or where `room` themes are left."""
    from sklearn.cluster import AgglomerativeClustering

    if len(features) < 2:
        return [list(range(len(features)))]
    model = AgglomerativeClustering(None, distance_threshold=APART, metric="cosine", linkage="average")
    found = model.fit_predict(features)
    if found.max() + 1 > max(room, 1):
        found = AgglomerativeClustering(max(room, 1), metric="cosine", linkage="average").fit_predict(features)
    groups = [np.flatnonzero(found == g).tolist() for g in range(found.max() + 1)]
    return sorted(groups, key=lambda group: group[0])


def _new_theme(rows: dict[str, Row], members: list[str], at: pd.Timestamp) -> str:
    theme = next_id(rows, "TH")
    start = {
        "topic_id": theme,
        "level": "theme",
        "label_source": "machine",
        "status": "active",
        "pinned": False,
        "history": "[]",
    }
    rows[theme] = with_event(empty_row() | start, at, "made", topics=members)
    for topic in members:
        rows[topic] = rows[topic] | {"parent_id": theme}
    return theme


def _summed(theme: Row, members: list[Row]) -> Row:
    """A theme's row from its topics': sizes added, shares weighted by size."""
    weights = np.array([float(row["size"] or 0) for row in members])
    if not len(members) or not weights.sum():
        return theme | {"size": 0, "size_fa": 0}
    shares: Counter[str] = Counter()
    for row, weight in zip(members, weights, strict=True):
        for touchpoint, share in json.loads(row["touchpoints"] or "{}").items():
            shares[touchpoint] += share * weight / weights.sum()
    first = [row["first_seen"] for row in members if not pd.isna(row["first_seen"])]
    last = [row["last_seen"] for row in members if not pd.isna(row["last_seen"])]
    best = sorted(members, key=lambda row: (-row["size"], row["topic_id"]))
    return theme | {
        "centroid": to_bytes(np.average(to_matrix([row["centroid"] for row in members]), axis=0, weights=weights)),
        "size": int(weights.sum()),
        "size_fa": int(sum(row["size_fa"] or 0 for row in members)),
        "touchpoints": json.dumps({t: round(s, 4) for t, s in shares.most_common()}),
        "stage": taxonomy.load().stage_of(shares.most_common(1)[0][0]) if shares else None,
        "representatives": [m for row in best[:4] for m in list(row["representatives"])[:3]],
        "first_seen": min(first, default=None),
        "last_seen": max(last, default=None),
    }


def _labelled(topics: pd.DataFrame) -> pd.DataFrame:
    """Themes without labels called after their main touchpoint, or after their largest topic."""
    rows = records(topics)
    taken = {row["label_en"] for row in rows if row["level"] == "theme" and isinstance(row["label_en"], str)}
    for row in sorted((r for r in rows if r["level"] == "theme"), key=lambda r: (-(r["size"] or 0), r["topic_id"])):
        if isinstance(row["label_en"], str):
            continue
        shares = json.loads(row["touchpoints"] or "{}")
        main = next(iter(shares), None)
        known = taxonomy.load()
        if main is not None and shares[main] >= MAIN and known.label(main, "en") not in taken:
            row.update({f"label_{lang}": known.label(main, lang) for lang in ("fa", "en")})
        else:
            members = sorted((r for r in rows if r["parent_id"] == row["topic_id"]), key=lambda r: -(r["size"] or 0))
            for lang in ("fa", "en"):
                said = [r[f"label_{lang}"] for r in members if not is_fallback(r[f"label_{lang}"])]
                row[f"label_{lang}"] = said[0] if said else known.label(main, lang)
        taken.add(row["label_en"])
    return frame(rows)
