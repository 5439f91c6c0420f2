"""mentions + registry → the topic of each mention: the nearest centroid of its kind, or nobody's.

Exact, and therefore the same in any batch, order, thread count and machine: products of two float16 need 22 bits and
are multiples of 2⁻⁴⁸, so that sums of unit vectors' products fit the 53 bits of a float64 without rounding. No order
of summation can change them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from cxnlp.topics.registry import listed
from cxnlp.topics.vectors import placed, to_matrix

COLUMNS = ["mention_id", "topic_id", "topic_similarity", "topic_version"]
NEEDED = ["mention_id", "kind", "vector"]  # of a mention in its place, to be assigned
KINDS = {"pain": "pain", "praise": "praise", "request": "request", "question": "request"}  # mention → kind of topic
LIVE = ("active", "emerging", "ignored")
CLOSED = {"status", "made_by"}  # what stands beneath topics that a person closed
_CHUNK = 8192


def assign(mentions: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """One row (`mention_id, topic_id, topic_similarity, topic_version`) per mention, order and index as given.

    `mentions` needs mention_id, kind, touchpoint and vector; `topics` is the registry. A mention goes to the nearest
    topic of its kind whose threshold its cosine reaches; questions are read with requests, motives and facts have no
    topics. Those that no threshold lets in belong to the topic that they made. A merged topic goes on attracting, for
    the one it was merged into. Unassigned: topic_id, similarity null.
    """
    return assign_placed(mentions.assign(vector=placed(mentions)), topics)


def assign_placed(mentions: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """`assign` for mentions whose vectors are where topics see them (`vectors.placed`)."""
    result = mentions[["mention_id"]]
    found = np.full(len(result), None, dtype=object)
    cosine = np.full(len(result), np.nan)
    targets = open_topics(topics).dropna(subset="centroid")
    kinds = mentions["kind"].map(KINDS).to_numpy()
    for kind, group in targets.groupby("kind", sort=True):
        rows = np.flatnonzero((kinds == kind) & mentions["vector"].notna().to_numpy())
        centroids = to_matrix(group["centroid"]).T
        thresholds, ids = group["threshold"].to_numpy(float), group["target"].to_numpy(object)
        founded = _founded(group)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            similarity = to_matrix(mentions["vector"].iloc[part]) @ centroids
            best = np.where(similarity >= thresholds, similarity, -np.inf).argmax(axis=1)
            near = similarity[np.arange(len(part)), best] >= thresholds[best]
            made = mentions["mention_id"].iloc[part].map(founded).to_numpy(float)  # place in the group, nan for most
            own = ~near & ~np.isnan(made)
            best, near = np.where(own, made, best).astype(int), near | own
            value = similarity[np.arange(len(part)), best]
            found[part[near]], cosine[part[near]] = ids[best[near]], value[near]
    return result.assign(topic_id=pd.array(found, dtype="str"), topic_similarity=cosine, topic_version=version(topics))


def _founded(group: pd.DataFrame) -> dict[str, int]:
    """mention_id → place in the group of the topic that it made; the first, where there are more."""
    return {mention: place for place, made in reversed(list(enumerate(group["founders"]))) for mention in made}


def open_topics(topics: pd.DataFrame) -> pd.DataFrame:
    """Topics that attract mentions, ordered by id, with `target`: the topic that gets what this one attracts."""
    known = ended(topics)
    live = set(known.loc[known["status"].isin(LIVE), "topic_id"])
    known = known[known["target"].isin(live)].reset_index(drop=True)
    told = known.get("founders", [None] * len(known))  # registries of before have none
    return known.assign(founders=pd.Series([tuple(listed(made)) for made in told], index=known.index, dtype=object))


def ended(topics: pd.DataFrame) -> pd.DataFrame:
    """Topics of any status, ordered by id, with `target`: the end of the merges that a topic went through."""
    level = topics[topics["level"] == "topic"].sort_values("topic_id").reset_index(drop=True)
    into = dict(zip(level["topic_id"], level["merged_into"], strict=True))
    status = dict(zip(level["topic_id"], level["status"], strict=True))
    return level.assign(target=level["topic_id"].map(lambda topic: _end(topic, into, status)))


def asleep(row: dict[str, Any]) -> bool:
    """Whether a run, and no person, retired a topic that can come back: it keeps its mentions and attracts none.

    Persons retire by an edit of its status, or by undoing the split that made it.
    """
    return row["status"] == "retired" and isinstance(row["centroid"], bytes) and not beneath(row).keys() & CLOSED


def beneath(row: dict[str, Any]) -> dict[str, Any]:
    """What the machine says of a topic where people's edits that stand say otherwise."""
    return json.loads(row["machine"]) if isinstance(row.get("machine"), str) else {}


def _end(topic: str, into: dict[str, str], status: dict[str, str]) -> str:
    seen = {topic}
    while status.get(topic) == "merged" and into.get(topic) in status and into[topic] not in seen:
        topic = into[topic]
        seen.add(topic)
    return topic


def version(topics: pd.DataFrame) -> str:
    """Short hash of all that decides assignments: a registry that assigns alike has the same one."""
    digest = hashlib.sha256()
    deciding = ["topic_id", "target", "kind", "centroid", "threshold", "founders"]
    for row in open_topics(topics)[deciding].itertuples(index=False):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()[:12]
