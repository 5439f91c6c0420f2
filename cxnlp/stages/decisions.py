"""What people decided about alerts: kept in the log of edits, respected by every later report."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pandas as pd

from cxnlp.errors import InputError
from cxnlp.stages.run import Run

VERDICTS = ("approve", "dismiss")
DISMISSED = "dismissed"  # type of an alert that a person dismissed


def decide(run: Run, insight_id: str, verdict: str, who: str, why: str) -> None:
    """Approve or dismiss an alert; InputError for an alert that is not there, or a dismissal without a reason."""
    alerts = run.lake.read("insights", ["insight_id", "type", "details"])
    row = alerts[(alerts["insight_id"] == insight_id) & (alerts["type"] == "alert")]
    if row.empty or verdict not in VERDICTS:
        raise InputError("there is no such alert any more; look at the list again")
    if verdict == "dismiss" and not why.strip():
        raise InputError("say why: the next reader of the report asks")
    known = run.lake.read("edits", ["edit_id"])
    args = {"insight": insight_id, "until": json.loads(row["details"].iloc[0]).get("to"), "why": why.strip()}
    edit = {"edit_id": f"{len(known) + 1:08d}-{secrets.token_hex(2)}", "at": pd.Timestamp.now("UTC"), "who": who}
    run.lake.append("edits", pd.DataFrame([edit | {"op": verdict, "args": json.dumps(args, ensure_ascii=False)}]))


def decisions(run: Run) -> list[dict[str, Any]]:
    """What was decided, oldest first: {insight, until, why, verdict, who, at}."""
    edits = run.lake.read("edits")
    rows = edits[edits["op"].isin(VERDICTS)].to_dict("records")
    return [json.loads(r["args"]) | {"verdict": r["op"], "who": r["who"], "at": r["at"].isoformat()} for r in rows]


def decided(insights: pd.DataFrame, made: list[dict[str, Any]]) -> pd.DataFrame:
    """Alerts with their `decision` in details; dismissed ones are of type `dismissed`.

    A decision holds for the alert as it was: when the same series moves again in a window that begins after the one
    that was judged, that is a new alert.
    """
    latest = {one["insight"]: one for one in made}
    alerts = insights["insight_id"].isin(latest) & (insights["type"] == "alert")
    if not alerts.any():
        return insights
    changed = insights.copy()
    for at in insights.index[alerts]:
        details, one = json.loads(insights.loc[at, "details"]), latest[insights.loc[at, "insight_id"]]
        if one["until"] and details.get("from") and details["from"] > one["until"]:
            continue
        told = {k: one[k] for k in ("verdict", "who", "at", "why")}
        changed.loc[at, "details"] = json.dumps(details | {"decision": told}, ensure_ascii=False)
        if one["verdict"] == "dismiss":
            changed.loc[at, "type"] = DISMISSED
    return changed
