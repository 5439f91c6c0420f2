"""The whole step of a run: assign → discover in the rest → replay people's edits → describe → score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import tables
from cxnlp.config import Settings, Topics
from cxnlp.topics import describe, discovery, edits, lineage, rebase, scorecard, stability, themes
from cxnlp.topics.assignment import COLUMNS, KINDS, LIVE, asleep, assign_placed, ended, version
from cxnlp.topics.labels import Feels
from cxnlp.topics.proposals import least_size
from cxnlp.topics.registry import next_id, records
from cxnlp.topics.vectors import mean, placed, to_matrix

DEFINING = 50  # mentions by which a part of a split topic is defined
Assign = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
ENOUGH = 3  # times the least size of a topic: fewest unassigned mentions of a kind that are mined for new topics


@dataclass(frozen=True)
class TopicUpdate:
    """What a run says: `assignments` (one row per mention, in the order given), the registry, and its scorecard."""

    assignments: pd.DataFrame
    topics: pd.DataFrame
    scorecard: dict[str, Any]


def update(
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    log: pd.DataFrame,
    settings: Settings | Topics,
    as_of: pd.Timestamp | None,
    *,
    discovering: bool = True,
    refits: bool = True,
    assign: Assign = assign_placed,
    feels: Feels | None = None,
) -> TopicUpdate:
    """All mentions (with topic_id of earlier runs; created_at and duplicate_of where known), registry, edits → update.

    A mention that has a topic keeps it, unless an edit of its topic says otherwise. `as_of` dates the history and is
    the end of the period that growth is tested for. Without `discovering`, only edits are replayed on what is known;
    without `refits`, the scorecard does not tell how steady topics are. `assign` is `assign_placed`, wherever it runs;
    `feels` tells the attitude of phrases, for names that say what is wrong.
    """
    options = settings.topics if isinstance(settings, Settings) else settings
    at = pd.Timestamp(0, tz="UTC") if as_of is None or pd.isna(as_of) else pd.Timestamp(as_of)
    rows = mentions.sort_values("mention_id", ignore_index=True)
    rows = rows.assign(vector=placed(rows))
    topics = rebase.rebased(_complete(topics), rows, at)
    known = edits.apply(topics, rows, log)
    assigned = _assigned(rows, topics, known, log, assign)
    said = {str(kind): int(n) for kind, n in rows["kind"].map(KINDS).value_counts().items()}
    rest = _minable(rows, assigned, options.min_size, said) if discovering else rows.iloc[:0]
    if len(rest):
        found = discovery.discover(rest, known, options, at, said)
        if version(found) != version(known):
            known = found
            gaps = assigned["topic_id"].isna().to_numpy()
            assigned = pd.concat([assigned[~gaps], assign(rows[gaps], known)])
    stamped = assigned.assign(topic_version=version(known))
    rows = rows.drop(columns=[c for c in COLUMNS[1:] if c in rows]).merge(stamped, on="mention_id", how="left")
    known = describe.name(describe.sizes(known, rows), rows, at, feels)
    if discovering:
        known = lineage.watch(known, rows, options.min_size, at)
    known = themes.arrange(known, options.max_themes, at)
    known = edits.apply(known, rows, log)
    order = stamped.set_index("mention_id").loc[mentions["mention_id"]].reset_index()[COLUMNS]
    steady = stability.stability(rows, options) if discovering and refits else {}
    return TopicUpdate(order, known, scorecard.scorecard(known, rows) | steady)


def _complete(topics: pd.DataFrame) -> pd.DataFrame:
    """The registry with every declared column."""
    missing = {name: None for name in tables.TOPICS.names if name not in topics}
    return topics.assign(**missing)[tables.TOPICS.names].astype(object)


def _assigned(
    rows: pd.DataFrame, before: pd.DataFrame, topics: pd.DataFrame, log: pd.DataFrame, assign: Assign
) -> pd.DataFrame:
    """Topic of each mention before discovery: as people moved it, as it was, or as the registry assigns it now."""
    was, now = _holders(before), _holders(topics)
    if "topic_id" in rows:
        gone = {old for topic, old in was.items() if topic not in now and topic != old}  # a part was closed: look again
        kept = rows["topic_id"].map(now).mask(rows["topic_id"].isin(gone) | _moved_back(rows, now, log))
        stays = kept.notna()
        back = _back(was, now, set(before["topic_id"]))
        sources = rows["topic_id"].isin({source for source, _ in back}) | any(source is None for source, _ in back)
        found = assign(rows[~stays | sources], topics)
        pairs = zip(rows["topic_id"].loc[found.index], found["topic_id"], strict=True)
        given = np.array([bool(back & {(old, new), (None, new)}) for old, new in pairs], dtype=bool) if back else False
        found = found[~stays.loc[found.index] | given]
        same = rows.loc[stays, COLUMNS].assign(topic_id=kept[stays]).drop(index=found.index, errors="ignore")
        fresh = pd.concat([same, found]).sort_index() if len(same) else found
    else:
        fresh = assign(rows, topics)
    moved = fresh["mention_id"].map(edits.moved_mentions(log)).map(now)
    fresh.loc[moved.notna(), "topic_id"] = moved[moved.notna()]
    return fresh


def _holders(topics: pd.DataFrame) -> dict[str, str]:
    """Topic → the one that has its mentions: a live one, or one that fell silent."""
    known = ended(topics)
    hold = {row["topic_id"] for row in records(known) if row["status"] in LIVE or asleep(row)}
    return {topic: end for topic, end in zip(known["topic_id"], known["target"], strict=True) if end in hold}


def _back(was: dict[str, str], now: dict[str, str], known: set[str]) -> set[tuple[str | None, str]]:
    """What undone edits opened: (topic that has the mentions by the edit, null for any; topic they belong to again).

    Of its mentions only those are known that it attracts now; what it does not attract stays where it is.
    """
    return {(was.get(t), end) for t, end in now.items() if t in known and now.get(was.get(t, "")) != end}


def _moved_back(rows: pd.DataFrame, now: dict[str, str], log: pd.DataFrame) -> pd.Series:
    """Mentions that are still where a person moved them who took that back."""
    listed = pd.DataFrame(log, columns=edits.COLUMNS)
    ever, standing = edits.moved_mentions(listed[listed["op"] != "undo"]), edits.moved_mentions(log)
    there = rows["mention_id"].map({m: now.get(to) for m, to in ever.items() if standing.get(m) != to})
    return there.notna() & (there == rows["topic_id"])


def _minable(rows: pd.DataFrame, assigned: pd.DataFrame, min_size: int, said: dict[str, int]) -> pd.DataFrame:
    """Unassigned mentions of kinds that have enough of them; texts marked as duplicates make no topics."""
    rest = rows[assigned["topic_id"].isna() & rows["kind"].isin(KINDS)]
    rest = describe.distinct(rest)
    kinds = rest["kind"].map(KINDS)
    least = kinds.map({kind: least_size(min_size, n) for kind, n in said.items()})
    return rest[kinds.map(kinds.value_counts()) >= ENOUGH * least]


def parts_of(topic: str, mentions: pd.DataFrame, topics: pd.DataFrame) -> list[dict[str, Any]]:
    """The two parts that a split of `topic` would make of its `mentions`: their new ids, and mentions that define them.

    Empty where there are too few mentions.
    """
    rows = mentions.dropna(subset="vector").sort_values("mention_id")
    if len(rows) < 4:
        return []
    vectors = to_matrix(rows["vector"])
    ids = set(topics["topic_id"])
    parts = []
    for half in lineage.halves(vectors):
        if len(half) < 2:
            return []
        nearest = half[np.argsort(-(vectors[half] @ mean(vectors[half])), kind="stable")]
        parts.append({"id": next_id(ids, "T"), "mentions": rows["mention_id"].iloc[nearest[:DEFINING]].tolist()})
        ids.add(parts[-1]["id"])
    return parts
