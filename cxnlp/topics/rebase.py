"""A new reading model gives new vectors: topics move into its space by the mentions that stand for them.

The registry does not ask for versions; it looks whether its representatives still lie at its centroids. Ids, labels,
history and edits stay. A topic of which fewer than three representatives are left is retired, with that reason.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp.topics.assignment import KINDS
from cxnlp.topics.proposals import bound
from cxnlp.topics.registry import Row, frame, records, with_event
from cxnlp.topics.vectors import Matrix, mean, to_bytes, to_matrix

LEAST = 3  # representatives that a topic needs to be found again
BELONG = 0.5  # share of representatives at their topic's threshold, below which the space is another one


def rebased(topics: pd.DataFrame, mentions: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """`topics` in the space of the `mentions`' vectors: unchanged if they are in it already."""
    rows = [row for row in records(topics) if row["level"] == "topic" and isinstance(row["centroid"], bytes)]
    vectors = mentions.dropna(subset="vector").set_index("mention_id")["vector"]
    found = {row["topic_id"]: _stand(row, vectors) for row in rows}
    if not any(len(stand) for stand in found.values()) or _same_space(rows, found):
        return topics
    made = {row["topic_id"]: row for row in records(topics)}
    for kind in sorted({row["kind"] for row in rows}):
        own = [row for row in rows if row["kind"] == kind]
        for row in own:
            if len(found[row["topic_id"]]) < LEAST:
                lost = row | {"status": "retired", "centroid": None}
                made[row["topic_id"]] = with_event(
                    lost, at, "lost", reason="a new model, and too few of its mentions left"
                )
        kept = [row for row in own if len(found[row["topic_id"]]) >= LEAST]
        if kept:
            said = to_matrix(mentions.loc[mentions["kind"].map(KINDS) == kind, "vector"].dropna())
            centroids = np.stack([mean(found[row["topic_id"]]) for row in kept])
            for row, centroid, threshold in zip(kept, centroids, _thresholds(said, centroids), strict=True):
                moved = row | {"centroid": to_bytes(centroid), "threshold": threshold}
                made[row["topic_id"]] = with_event(moved, at, "rebased", reason="a new model")
    return frame(list(made.values()))


def _stand(row: Row, vectors: pd.Series) -> Matrix:
    """Vectors of the mentions that stand for a topic, as far as they are still there."""
    listed = row["representatives"] if row["representatives"] is not None else []
    return to_matrix(vectors.reindex(list(listed)).dropna())


def _same_space(rows: list[Row], found: dict[str, Matrix]) -> bool:
    shares = []
    for row in rows:
        stand, centroid = found[row["topic_id"]], to_matrix([row["centroid"]])
        if len(stand):
            if stand.shape[1] != centroid.shape[1]:
                return False
            shares.append(float((stand @ centroid[0] >= row["threshold"] - 1e-9).mean()))
    return float(np.mean(shares)) >= BELONG


def _thresholds(said: Matrix, centroids: Matrix) -> list[float]:
    similarity = said @ centroids.T
    nearest = similarity.argmax(axis=1)
    return [bound(similarity[:, i], nearest == i) if (nearest == i).any() else 1.0 for i in range(len(centroids))]
