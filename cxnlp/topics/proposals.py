"""Unassigned mentions → proposals: groups that could be topics, each with a centroid and a threshold.

A proposal is kept only where its mentions are nearer to its centroid than the rest of their kind are; what no
proposal wants stays unassigned, and is mined again in the next run. The mentions that made a group belong to it from a
little farther away than its threshold, which judges mentions of later runs: what those say may be new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxnlp.topics import engine, keywords, words
from cxnlp.topics.assignment import KINDS
from cxnlp.topics.vectors import Matrix, mean, to_matrix, unit

REFINEMENTS = 2  # rounds of "each to the nearest centroid, then new centroids" after the groups are found
TRIM = 0.02  # share of a group's own mentions that its threshold leaves out as too far
BACKGROUND = 0.9  # share of the other mentions that the threshold must keep out
STRANGERS = 0.8  # share of the other mentions that must be farther away than any that belongs to the group
SAME = 0.9  # corrected cosine of centroids from which two groups are one
SMALLEST, FEW = 5, 64  # least mentions of a new topic where little is said, but so many at least

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Proposal:
    """A group that could be a topic: `members` are mention_ids, nearest first; `spread` their mean cosine.

    `founders` are others that made the group and belong to it, though its threshold would not let them in.
    """

    kind: str
    centroid: Matrix
    threshold: float
    spread: float
    members: tuple[str, ...]
    founders: tuple[str, ...]
    words: dict[str, float]


def least_size(min_size: int, said: int) -> int:
    """Least mentions of a new topic of a kind of which `said` mentions are known: `min_size`, less from 64 to 400.

    Half of the root: five of a hundred requests that ask for one thing are a topic, five of a thousand pains are not,
    and five of thirty are chance.
    """
    return min_size if said < FEW else min(min_size, max(SMALLEST, int(said**0.5 / 2)))


def propose(
    mentions: pd.DataFrame, least: Mapping[str, int], sample: int, seed: int, centre: Matrix, *, worded: bool = True
) -> list[Proposal]:
    """Groups among `mentions` (mention_id, quote, kind, language, vector), per kind, largest first.

    `least` is the least size of a group by kind; `centre` (d,) the middle of all that is said: what all texts share
    makes no two groups alike. Only `worded` proposals have typical words, which takes most of the time.
    """
    usable = mentions[mentions["vector"].notna()].sort_values("mention_id")
    usable = usable.assign(topic_kind=usable["kind"].map(KINDS)).dropna(subset="topic_kind")
    chosen = _sample(usable, sample, seed)
    kinds = chosen.groupby("topic_kind", sort=True)
    return [p for kind, rows in kinds for p in _of_kind(rows, str(kind), centre, least[str(kind)], seed, worded)]


def _sample(mentions: pd.DataFrame, ceiling: int, seed: int) -> pd.DataFrame:
    """At most `ceiling` rows: of each kind and language the same share, picked by a hash of the mention_id."""
    if len(mentions) <= ceiling:
        return mentions
    draw = mentions["mention_id"].map(lambda m: hashlib.sha256(f"{seed}:{m}".encode()).digest())
    order = mentions.assign(draw=draw).sort_values("draw")
    place = order.groupby(["topic_kind", "language"], dropna=False).cumcount() + 1
    size = order.groupby(["topic_kind", "language"], dropna=False)["mention_id"].transform("size")
    kept = order.index[place <= np.maximum(1, size * (ceiling / len(mentions)))]
    return mentions.loc[mentions.index.isin(kept)]


def _of_kind(rows: pd.DataFrame, kind: str, centre: Matrix, min_size: int, seed: int, worded: bool) -> list[Proposal]:
    rows = rows[rows["quote"].map(lambda q: bool(words.content(q)))]
    vectors = to_matrix(rows["vector"])
    codes, _ = pd.factorize(rows["quote"].map(words.key))
    first = np.unique(codes, return_index=True)[1]  # one row per distinct quote: repeats make no neighbourhood
    if len(first) < 2 * min_size:
        return []
    texts = rows["quote"].iloc[first].tolist()
    found = engine.group(texts, vectors[first], seed, keywords.vectoriser() if worded else None)
    centroids = _refine(vectors[first], found, centre, min_size)
    if not len(centroids):
        return []
    similarity = vectors @ centroids.T
    nearest = similarity.argmax(axis=1)
    typical = keywords.weights(rows["quote"].tolist(), nearest.tolist()) if worded else {}
    made = [
        _proposal(rows, kind, centroids[i], similarity[:, i], nearest == i, typical.get(i, {}))
        for i in range(len(centroids))
    ]
    return [p for p in made if p is not None and len(p.members) + len(p.founders) >= min_size]


def _refine(vectors: Matrix, found: Places, centre: Matrix, min_size: int) -> Matrix:
    """Centroids of the groups, after near doubles became one and each row went to its nearest."""
    centroids = np.zeros((0, vectors.shape[1]))
    for _ in range(REFINEMENTS + 1):
        sizes = np.bincount(found[found >= 0])
        kept = np.flatnonzero(sizes >= max(3, min_size // 2))
        if not len(kept):
            return np.zeros((0, vectors.shape[1]))
        found = _join(unit(vectors - centre), found, kept)
        centroids = np.stack([mean(vectors[found == g]) for g in np.unique(found[found >= 0])])
        found = (vectors @ centroids.T).argmax(axis=1)
    return centroids


def _join(vectors: Matrix, found: Places, kept: Places) -> Places:
    """`found` with near doubles among the `kept` groups joined, and -1 for groups that are not kept."""
    spreads = [spread_of(vectors[found == g]) for g in kept]
    centroids = np.stack([mean(vectors[found == g]) for g in kept])
    cosines = corrected(centroids @ centroids.T, spreads, np.bincount(found)[kept])
    home = np.arange(len(kept))
    for later, earlier in _pairs(cosines >= SAME):
        home[home == home[later]] = home[earlier]
    place = np.full(int(found.max()) + 1, -1)
    place[kept] = home
    return np.where(found >= 0, place[found], -1)


def _pairs(close: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    for later, earlier in zip(*np.nonzero(np.tril(close, -1)), strict=True):
        yield int(later), int(earlier)


def spread_of(members: Matrix) -> float:
    """Length of the mean of unit vectors, 0 … 1: how much one says what the others say."""
    return float(np.linalg.norm(members.mean(axis=0)))


def corrected(cosines: Matrix, spreads: list[float], sizes: npt.NDArray[np.int64]) -> Matrix:
    """Cosines of centroids as they would be with endless members (correction for attenuation, Spearman 1904).

    A centroid of n members of which one predicts another with cosine r² is right up to sqrt(r² / (r² + (1-r²)/n)).
    """
    power = np.asarray(spreads, dtype=float) ** 2
    true = np.clip((power * sizes - 1) / np.maximum(sizes - 1, 1), 1e-3, 1)  # less what n members share by chance
    reliability = np.sqrt(true / (true + (1 - true) / sizes))
    return cosines / np.outer(reliability, reliability)


def _proposal(
    rows: pd.DataFrame,
    kind: str,
    centroid: Matrix,
    similarity: Matrix,
    own: npt.NDArray[np.bool_],
    typical: dict[str, float],
) -> Proposal | None:
    if not own.any():
        return None
    threshold = bound(similarity, own)
    inside = np.flatnonzero(own & (similarity >= threshold))
    order = inside[np.argsort(-similarity[inside], kind="stable")]
    if len(order) < own.sum() / 2:
        return None  # most of its mentions are no nearer than strangers
    members = tuple(rows["mention_id"].iloc[order])
    near = own & (similarity >= beyond(similarity, own, STRANGERS)) & (similarity < threshold)
    founders = tuple(rows["mention_id"][near])
    return Proposal(kind, centroid, threshold, float(similarity[inside].mean()), members, founders, typical)


def bound(similarity: Matrix, own: npt.NDArray[np.bool_]) -> float:
    """Threshold of a topic from the cosines of all mentions of its kind to it, and which of them are its `own`."""
    return round(max(float(np.quantile(similarity[own], TRIM)), beyond(similarity, own, BACKGROUND)), 6)


def beyond(similarity: Matrix, own: npt.NDArray[np.bool_], share: float) -> float:
    """The cosine that a share of the mentions that are not a topic's `own` do not reach; -1 where all are."""
    return float(np.quantile(similarity[~own], share)) if not own.all() else -1.0
