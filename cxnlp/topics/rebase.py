"""A new reading model gives new vectors: topics move into its space by the mentions that stand for them.

The registry does not ask for versions; it looks whether its representatives still lie at its centroids. Ids, labels,
history and edits stay. A topic of which fewer than three mentions are left is retired, with that reason; one that a
person pinned moves with what is left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxnlp.topics.assignment import KINDS
from cxnlp.topics.proposals import bound
from cxnlp.topics.registry import Row, frame, records, with_event
from cxnlp.topics.vectors import Matrix, mean, to_bytes, to_matrix

LEAST = 3  # representatives that a topic needs to be found again
BELONG = 0.5  # share of representatives at their topic's threshold, below which the space is another one
READ = 10_000  # mentions that tell the space where none is left that stands for a topic


def rebased(topics: pd.DataFrame, mentions: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """`topics` in the space of the `mentions`' vectors: unchanged if they are in it already."""
    rows = [row for row in records(topics) if row["level"] == "topic" and isinstance(row["centroid"], bytes)]
    there = mentions.dropna(subset="vector")
    vectors = there.set_index("mention_id")["vector"]
    held = dict(list(there.groupby("topic_id")["vector"])) if "topic_id" in there else {}
    found = {row["topic_id"]: _stand(row, vectors, held) for row in rows}
    if not rows or there.empty or _same_space(rows, found, there["vector"].iloc[:READ]):
        return topics
    moving = {row["topic_id"] for row in rows if len(found[row["topic_id"]]) >= (1 if row["pinned"] else LEAST)}
    made = {row["topic_id"]: row for row in records(topics)}
    for kind in sorted({row["kind"] for row in rows}):
        own = [row for row in rows if row["kind"] == kind]
        for row in own:
            if row["topic_id"] not in moving:
                lost = row | {"status": row["status"] if row["pinned"] else "retired", "centroid": None}
                made[row["topic_id"]] = with_event(
                    lost, at, "lost", reason="a new model, and too few of its mentions left"
                )
        kept = [row for row in own if row["topic_id"] in moving]
        if kept:
            said = to_matrix(mentions.loc[mentions["kind"].map(KINDS) == kind, "vector"].dropna())
            centroids = np.stack([mean(found[row["topic_id"]]) for row in kept])
            for row, centroid, threshold in zip(kept, centroids, _thresholds(said, centroids), strict=True):
                moved = row | {"centroid": to_bytes(centroid), "threshold": threshold}
                made[row["topic_id"]] = with_event(moved, at, "rebased", reason="a new model")
    return frame(list(made.values()))


def _stand(row: Row, vectors: pd.Series, held: dict[Any, pd.Series]) -> Matrix:
    """Vectors of the mentions that stand for a topic; of all its own, where too few of those are still there."""
    listed = row["representatives"] if row["representatives"] is not None else []
    left = vectors.reindex(list(listed)).dropna()
    return to_matrix(left if len(left) >= LEAST else held.get(row["topic_id"], left))


def _same_space(rows: list[Row], found: dict[str, Matrix], said: pd.Series) -> bool:
    """Whether topics lie where their mentions do; where none has any left, whether others still reach most of them."""
    strange = not any(len(stand) for stand in found.values())
    shares = []
    for row in rows:
        stand, centroid = to_matrix(said) if strange else found[row["topic_id"]], to_matrix([row["centroid"]])
        if len(stand):
            if stand.shape[1] != centroid.shape[1]:
                return False
            near = stand @ centroid[0] >= row["threshold"] - 1e-9
            shares.append(float(near.any() if strange else near.mean()))
    return float(np.mean(shares)) >= BELONG


def _thresholds(said: Matrix, centroids: Matrix) -> list[float]:
    similarity = said @ centroids.T
    nearest = similarity.argmax(axis=1)
    return [bound(similarity[:, i], nearest == i) if (nearest == i).any() else 1.0 for i in range(len(centroids))]
