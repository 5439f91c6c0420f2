"""Proposals → registry: which are new, which continue a known topic, which bring a retired one back.

Three signs decide: cosine of the centroids, shared vocabulary, and whether the proposal's own mentions lie next to the
known topic. A continuation joins the registry as a *variant*: a topic merged into the known one from the start, so
that the known centroid does not move and mentions once assigned stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxnlp.config import Topics
from cxnlp.topics import labels, words
from cxnlp.topics.assignment import KINDS, asleep, ended
from cxnlp.topics.keywords import overlap
from cxnlp.topics.proposals import Proposal, corrected, least_size, propose
from cxnlp.topics.registry import Row, empty_row, frame, listed, next_id, records, with_event
from cxnlp.topics.vectors import Matrix, to_bytes, to_matrix, unit

CERTAIN = 0.9  # corrected cosine that decides alone
LIKELY = 0.75  # corrected cosine that decides together with words or neighbours
WORDS = 0.25  # shared vocabulary that supports it
NEIGHBOURS = 0.6  # share of the proposal's mentions whose nearest known topic it is, that supports it
KEYWORDS = 12


@dataclass(frozen=True)
class Match:
    """The known topic that a proposal is, null for a new one, and the signs of it."""

    topic_id: str | None
    cosine: float
    words: float
    neighbours: float


def discover(
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    settings: Topics,
    as_of: pd.Timestamp,
    said: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The registry with what `mentions` (unassigned ones) bring: new topics, variants of known, revived retired ones.

    `as_of` dates the history; `said` counts all mentions by kind of topic, assigned ones too. Sizes, labels and themes
    of new topics are filled by `update`.
    """
    vectors = mentions.dropna(subset="vector").set_index("mention_id")["vector"].sort_index()
    if vectors.empty:
        return topics
    ends = ended(topics).set_index("topic_id")["target"].to_dict()
    before = [row for row in records(topics) if row["topic_id"] in ends and isinstance(row["centroid"], bytes)]
    centre = _middle(to_matrix(vectors), before)
    counts = mentions["kind"].map(KINDS).value_counts() if said is None else said
    least = {str(kind): least_size(settings.min_size, int(n)) for kind, n in counts.items()}
    found = propose(mentions, least, settings.sample, settings.seed, centre)
    rows = {row["topic_id"]: row for row in records(topics)}
    for proposal in found:
        known = [row for row in before if row["kind"] == proposal.kind]
        match = compare(proposal, known, to_matrix(vectors.loc[list(proposal.members)]), centre)
        target = ends.get(str(match.topic_id))
        event = None if target is None else _event(rows[target])
        if event == "seen_again":
            continue  # a person retired it: it stays so, and its mentions unassigned
        topic = new_row(next_id(rows, "T"), proposal)
        if target is not None and event is not None:
            topic |= {"status": "merged", "merged_into": target}
            if event == "revived":
                rows[target] = rows[target] | {"status": "emerging"}
            rows[target] = with_event(
                rows[target], as_of, event, variant=topic["topic_id"], cosine=round(match.cosine, 3)
            )
        rows[topic["topic_id"]] = with_event(topic, as_of, "discovered", mentions=len(proposal.members))
    return frame(list(rows.values()))


def _middle(vectors: Matrix, known: list[Row]) -> Matrix:
    """Middle of all that is said: of these vectors and of the known topics, by their sizes."""
    total = vectors.sum(axis=0)
    if known:
        total = total + np.array([float(row["size"] or 0) for row in known]) @ to_matrix(
            [row["centroid"] for row in known]
        )
    return total / (len(vectors) + sum(float(row["size"] or 0) for row in known))


def compare(proposal: Proposal, known: list[Row], members: Matrix, centre: Matrix) -> Match:
    """The known topic (rows of the registry, of the proposal's kind) that a proposal is, if any.

    `members` are the vectors of its mentions, `centre` the middle of all vectors, which cosines are taken from.
    """
    if not known:
        return Match(None, 0.0, 0.0, 0.0)
    centroids = unit(to_matrix([row["centroid"] for row in known]) - centre)
    own = unit(members - centre)
    cosines = _corrected(unit((proposal.centroid - centre)[None, :])[0] @ centroids.T, own)
    nearest = np.bincount((own @ centroids.T).argmax(axis=1), minlength=len(known)) / len(own)
    shared = np.array([_shared(proposal.words, row) for row in known])
    support = (shared >= WORDS) | (nearest >= NEIGHBOURS)
    accepted = (cosines >= CERTAIN) | ((cosines >= LIKELY) & support)
    best = int(np.where(accepted, cosines, cosines - 2).argmax())
    signs = float(cosines[best]), float(shared[best]), float(nearest[best])
    return Match(known[best]["topic_id"] if accepted[best] else None, *signs)


def _corrected(cosines: Matrix, own: Matrix) -> Matrix:
    spread = float(np.linalg.norm(own.mean(axis=0)))
    return cosines * float(corrected(np.ones((1, 1)), [spread], np.array([len(own)]))[0, 0]) ** 0.5


def _event(row: Row) -> str:
    """What a proposal like a topic tells of it: continued | revived | seen_again, where a person closed it."""
    if row["status"] != "retired":
        return "continued"
    return "revived" if asleep(row) else "seen_again"


def _shared(proposed: dict[str, float], row: Row) -> float:
    """Shared vocabulary in the language that shares more: a proposal often speaks one only."""
    found = []
    for lang in labels.LANGUAGES:
        known = {word: 1 / place for place, word in enumerate(listed(row[f"keywords_{lang}"]), 1)}
        found.append(overlap({w: value for w, value in proposed.items() if words.script(w) == lang}, known))
    return max(found)


def new_row(topic_id: str, proposal: Proposal) -> Row:
    """A row of the registry for a proposal, before it has labels."""
    return empty_row() | {
        "topic_id": topic_id,
        "level": "topic",
        "kind": proposal.kind,
        "label_source": "machine",
        "centroid": to_bytes(proposal.centroid),
        "threshold": proposal.threshold,
        "representatives": list(proposal.members[:KEYWORDS]),
        "founders": list(proposal.founders),
        "status": "active",
        "pinned": False,
        "history": "[]",
    }
