"""Everything mined → findings → report. Both are made again only when something they rest on has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from cxnlp.stages.decisions import decided, decisions
from cxnlp.stages.run import Run, fingerprint

VERSION = 3
TABLES = ("feedback", "mentions", "topics", "rejected")


def insight(run: Run) -> dict[str, Any]:
    """Scores, pains, drivers, trends, alerts …, each with n, interval and evidence."""
    from cxnlp import insight as room
    from cxnlp.insight.drift import drift

    inputs = fingerprint(VERSION, _state(run), _tables_beside(run))
    before, result = run.last("insight")
    if before == inputs:
        return result
    run.progress("insight", 0, None)
    feedback = run.lake.read("feedback")
    whole = run.lake.read("mentions")
    mentions = whole.drop(columns="vector")
    topics = run.lake.read("topics")
    segments = segment(run, feedback)
    found = room.find(feedback, mentions, topics, segments, run.settings, as_of=feedback["created_at"].max())
    moved = drift(feedback, whole)
    found = pd.concat([found, moved], ignore_index=True) if len(moved) else found
    run.lake.overwrite("insights", found)
    run.progress("insight", 1, 1)
    told = {"insights": len(found), "types": found["type"].value_counts().to_dict(), "drift": alarms(moved)}
    return run.remember("insight", inputs, told)


def alarms(moved: pd.DataFrame) -> list[str]:
    """Sentences of the signs of drift that matter: reasons to retrain."""
    raised = [bool(json.loads(d)["alarm"]) for d in moved["details"]]
    return moved.loc[raised, "text_en"].tolist()


def report(run: Run) -> dict[str, Any]:
    """Write the report of the lake as it is, into reports/<date of the data>-<fingerprint>/."""
    made = decisions(run)
    inputs = fingerprint(VERSION, _state(run), run.lake.version("insights"), _tables_beside(run), made)
    before, result = run.last("report")
    if before == inputs and Path(result["path"]).exists():
        return result
    run.progress("report", 0, None)
    path = write(run, made, inputs[:8])
    run.progress("report", 1, 1)
    return run.remember("report", inputs, {"path": str(path)})


def write(run: Run, made: list[dict[str, Any]], name: str) -> Path:
    """The report of the lake as `run` sees it, in reports/<date of the data>-<name>/; the decisions `made` hold."""
    from cxnlp import report as room

    feedback = run.lake.read("feedback")
    latest = feedback["created_at"].max()
    day = "undated" if pd.isna(latest) else f"{latest:%Y-%m-%d}"
    return room.write(
        feedback=feedback,
        mentions=run.lake.read("mentions").drop(columns="vector"),
        topics=run.lake.read("topics"),
        insights=decided(run.lake.read("insights"), made),
        rejected=run.lake.read("rejected"),
        segments=segment(run, feedback),
        settings=run.settings,
        summary={"results": run.earlier, "seconds": run.seconds},
        folder=run.settings.out / "reports" / f"{day}-{name}",
    )


def segment(run: Run, feedback: pd.DataFrame) -> pd.DataFrame:
    """Segments of each text, as of its date; customers and orders are optional."""
    from cxnlp import segments as room

    customers, orders = (pseudonymous(read(run.settings), run) for read in (room.read_customers, room.read_orders))
    return room.assign(feedback, customers, orders, run.settings)


def pseudonymous(table: pd.DataFrame | None, run: Run) -> pd.DataFrame | None:
    """The table with its customers under the names that the lake gives them."""
    path = run.settings.privacy.pseudonym_key_file
    if table is None or path is None:
        return table
    from cxnlp.prepare.privacy.pseudonyms import pseudonymise, read_key

    key = read_key(run.settings.home / path)
    return table.assign(customer_id=table["customer_id"].map(lambda customer: pseudonymise(customer, key)))


def _state(run: Run) -> Any:
    settings = run.settings.model_dump(mode="json", exclude={"sources", "engine", "model", "home"})
    settings["project"] = {k: settings["project"][k] for k in ("name", "timezone", "calendar", "taxonomy")}
    return [settings, run.settings.labels, {table: run.lake.version(table) for table in TABLES}]


def _tables_beside(run: Run) -> list[Any]:
    """Size and time of the customers' and orders' files: a new one changes segments."""
    tables = [t for t in (run.settings.segments.customers, run.settings.segments.orders) if t is not None]
    paths = [run.settings.raw / t.file for t in tables]
    return [[p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in paths if p.exists()]
