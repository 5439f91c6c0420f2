"""`find`: START READING HERE. Every family of findings, then one table with ids, sentences and checked columns."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.config import Settings
from cxnlp.insight.alerts import trends_and_alerts
from cxnlp.insight.change import changes
from cxnlp.insight.competitors import competitors
from cxnlp.insight.drivers import drivers
from cxnlp.insight.facts import Facts, prepare
from cxnlp.insight.impact import impacts
from cxnlp.insight.lift import reasons
from cxnlp.insight.lift import segments as segment_lifts
from cxnlp.insight.names import Names
from cxnlp.insight.priority import headlines, prioritised
from cxnlp.insight.quality import quality
from cxnlp.insight.ranked import ranked
from cxnlp.insight.rows import joined, objects
from cxnlp.insight.scores import scores
from cxnlp.insight.times import hours, paths, responses
from cxnlp.insight.volumes import volumes
from cxnlp.insight.wording import say
from cxnlp.tables import INSIGHTS

FAMILIES = (
    volumes, scores, ranked, impacts, drivers, changes, trends_and_alerts, segment_lifts, reasons, competitors, hours,
    responses, paths, quality,
)  # fmt: skip
_NUMBERS = ("value", "low", "high", "n", "base", "rank", "priority", "p_value", "q_value")
_IDENTITY = (
    "type", "metric", "by", "kind", "score", "stage", "touchpoint", "topic_id", "segment", "segment_value", "source",
    "channel", "brand", "language", "period",
)  # fmt: skip


def find(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    segments: pd.DataFrame | None,
    settings: Settings,
    as_of: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """All findings, in the columns of the insights table (README.md says what each row means).

    `segments` is indexed like `feedback`: feedback_id and one string column per dimension, or null. `as_of` is the
    instant up to which the data reach (null: the latest date). Deterministic; the arguments are not changed.
    """
    facts = prepare(feedback, mentions, topics, segments, settings, as_of)
    if not len(facts.answered.texts):
        return pd.DataFrame(columns=INSIGHTS.names)
    parts = [family(facts) for family in (FAMILIES if len(facts.texts) else (scores,))]
    rows = _typed(joined(parts))
    return finish(prioritised(rows), facts)


def finish(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Rows with roll-up dimensions, ids, headlines, sentences and JSON details, in the declared columns."""
    rows = _identified(_typed(rows), facts)
    top = headlines(rows, facts)
    if len(top):
        rows = pd.concat([_identified(_typed(top), facts), rows], ignore_index=True)
    rows = say(rows, Names(facts.taxonomy, facts.topics, facts.settings.labels))
    starts = {p: periods.start(p, facts.settings.project.timezone) for p in rows["period"].unique() if p != "all"}
    rows["period_start"] = pd.to_datetime(rows["period"].map(starts), utc=True)
    rows["details"] = objects(rows, [json.dumps(_plain(d), ensure_ascii=False) for d in rows["details"]])
    for column in ("n", "base", "rank"):
        rows[column] = rows[column].astype("Float64").round().astype("Int64")
    return rows[INSIGHTS.names].reset_index(drop=True)


def _identified(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    rows = _rolled_up(rows, facts)
    rows["period"] = rows["period"].where(rows["period"].notna(), "all")
    rows["insight_id"] = [_id(values) for values in _identities(rows)]
    return rows


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Every declared column; text null where unknown, numbers as floats, details and evidence never null."""
    rows = rows.reindex(columns=INSIGHTS.names).astype(dict.fromkeys((*_IDENTITY, "details", "evidence"), object))
    rows = rows.astype(dict.fromkeys(_NUMBERS, "float64"))
    return _nulls(rows)


def _nulls(rows: pd.DataFrame) -> pd.DataFrame:
    for column in _IDENTITY:
        rows[column] = rows[column].where(rows[column].notna(), None)
    rows["details"] = objects(rows, [d if isinstance(d, dict) else {} for d in rows["details"]])
    rows["evidence"] = objects(rows, [e if isinstance(e, list) else [] for e in rows["evidence"]])
    return rows


def _rolled_up(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Topic rows carry the topic's main touchpoint, touchpoint rows their stage: for links and roll-up."""
    stage_of = facts.taxonomy.stage_by_touchpoint
    touchpoint = rows["topic_id"].map(facts.topics["touchpoint"])
    rows["touchpoint"] = rows["touchpoint"].where(
        rows["touchpoint"].notna(), touchpoint.where(touchpoint.notna(), None)
    )
    stage = rows["touchpoint"].map(stage_of)
    rows["stage"] = rows["stage"].where(rows["stage"].notna(), stage.where(stage.notna(), None))
    return rows


def _identities(rows: pd.DataFrame) -> list[list[Any]]:
    extra = [d.get("what") or d.get("alert") or "" for d in rows["details"]]
    return [[*values, more] for values, more in zip(rows[list(_IDENTITY)].to_numpy().tolist(), extra, strict=True)]


def _id(values: list[Any]) -> str:
    text = "\x1f".join("" if v is None else str(v) for v in values)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """JSON has neither NaN nor numpy's numbers."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else round(float(value), 6)
    return value
