"""mentions → topics that keep their identity; the registry and the people's edits decide."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd

from cxnlp.config import Settings
from cxnlp.engine import Tables, slices, spread
from cxnlp.stages.reader import Attitude
from cxnlp.stages.run import Run, fingerprint

VERSION = 3
WRITING = "topics.writing"
ASSIGNED = ["topic_id", "topic_similarity", "topic_version"]
COLUMNS = [
    "mention_id",
    "feedback_id",
    "quote",
    "kind",
    "touchpoint",
    "stage",
    "language",
    "confidence",
    "polarity",
    "vector",
    "model_version",
    *ASSIGNED,
]


def topics(run: Run) -> dict[str, Any]:
    """Assign every mention to a known topic or leave it unassigned; discover topics in what is left."""
    from cxnlp import topics as room
    from cxnlp.topics import edits, labeller

    labeller.check(run.settings.topics.labeller, run.settings.privacy.redact)
    mentions = run.lake.read("mentions", COLUMNS)
    log = edits.read(run.settings, run.lake)
    settings = run.settings.topics.model_dump(mode="json")
    state = mentions[["mention_id", "touchpoint", "stage", "model_version"]].fillna("").to_numpy().tolist()
    noted = run.lake.read("edits", ["edit_id"])["edit_id"].tolist()  # also who was forgotten, which takes labels away
    inputs = fingerprint(VERSION, state, noted, log.to_numpy().tolist(), settings)
    before, result = run.last("topics")
    if before == inputs and mentions["topic_version"].notna().all():
        return result
    run.progress("topics", 0, None)
    feedback = run.lake.read("feedback", ["feedback_id", "created_at", "customer_id", "duplicate_of", "sentiment"])
    rows = mentions.merge(feedback, on="feedback_id", how="left")
    registry = _registry(run, mentions)
    at = feedback["created_at"].max()
    update = room.update(
        rows, registry, log, run.settings, as_of=at, assign=partial(_assign, run.settings), feels=Attitude(run.settings)
    )
    named = update.topics
    if run.settings.topics.labeller.url:
        named, told = labeller.relabelled(named, rows, run.settings.topics.labeller, at)
    fresh = update.assignments.set_index("mention_id")[ASSIGNED].reindex(mentions["mention_id"])
    changed = fresh[_differs(mentions.set_index("mention_id")[ASSIGNED], fresh)]
    _store(run, named, changed)
    run.progress("topics", 1, 1)
    result = _result(update, fresh) | ({"labeller": told} if run.settings.topics.labeller.url else {})
    return run.remember("topics", inputs, result)


def _store(run: Run, named: pd.DataFrame, changed: pd.DataFrame) -> None:
    """Both tables; a note says for as long as one may be written without the other, and what the registry was."""
    stamps = changed["topic_version"].dropna()
    if len(stamps):
        run.remember(WRITING, stamps.iloc[0], {"registry": run.lake.version("topics")})
    run.lake.overwrite("topics", named)
    run.lake.update("mentions", changed.reset_index())
    run.lake.delete("stages", "stage", [WRITING])


def _registry(run: Run, mentions: pd.DataFrame) -> pd.DataFrame:
    """The registry; the one before, where a run died when it had written its own but not yet the assignments.

    Else what was discovered then would be known now, and the rest grouped without it: another result than undisturbed.
    """
    stamp, before = run.last(WRITING)
    if stamp is None or (mentions["topic_version"] == stamp).any():
        return run.lake.read("topics")
    return run.lake.read("topics", version=before["registry"])


def _assign(settings: Settings, rows: pd.DataFrame, registry: pd.DataFrame) -> pd.DataFrame:
    """`assign_placed` batch by batch, where the engine says."""
    from cxnlp.topics.assignment import NEEDED, assign_placed

    if rows.empty:
        return assign_placed(rows, registry)
    return pd.concat(part for (part,) in spread(_assigned, slices(rows[NEEDED], settings), settings, registry))


def _assigned(tables: Tables, registry: pd.DataFrame) -> Tables:
    from cxnlp.topics.assignment import assign_placed

    return (assign_placed(tables[0], registry),)


def _differs(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    texts = ["topic_id", "topic_version"]
    return (old[texts].fillna("") != new[texts].fillna("")).any(axis=1)


def _result(update: Any, assigned: pd.DataFrame) -> dict[str, Any]:
    levels = update.topics["level"].value_counts()
    return {
        "themes": int(levels.get("theme", 0)),
        "topics": int(levels.get("topic", 0)),
        "unassigned": float(assigned["topic_id"].isna().mean()) if len(assigned) else None,
        "scorecard": json.loads(json.dumps(update.scorecard, default=float)),
    }
