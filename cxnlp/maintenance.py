"""Keep a lake healthy and lawful: compact it, drop old states, expire old texts, forget a customer.

What is removed is removed from every table, from the states that time travel reaches, and from old reports, which
carry verbatims; the next run writes a new report.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxnlp.config import Settings
from cxnlp.errors import RejectReason
from cxnlp.lake import Lake
from cxnlp.tables import SCHEMAS

FORGET = "forget"
TRACE = ["feedback_id", "source", "file", "row", "text"]


def forget(settings: Settings, customer: str, *, at: pd.Timestamp, who: str) -> dict[str, int]:
    """Remove all that `customer` said, and refuse it in files that are read later; returns rows removed per table.

    `customer` is the id as the sources write it, or its pseudonym where a key is configured.
    """
    lake = Lake.of(settings).require()
    with lake.lock():
        rows = lake.read("feedback", where=pc.field("customer_id") == customer, columns=[*TRACE, "conversation_id"])
        talks = rows["conversation_id"].dropna().unique().tolist()
        talk = lake.read(
            "feedback", where=pc.field("conversation_id").isin(pa.array(talks, pa.string())), columns=TRACE
        )
        gone = pd.concat([rows, talk]).drop_duplicates("feedback_id")
        edits = lake.read("edits", ["edit_id"])
        note = {"op": FORGET, "args": f'{{"customer": "{digest(customer)}"}}', "at": at, "who": who}
        lake.append("edits", pd.DataFrame([{"edit_id": f"{len(edits) + 1:08d}", **note}]))
        removed = _remove(lake, gone, RejectReason.FORGOTTEN)
        _erase_history(settings, lake, keep_hours=0)
    return removed


def forgotten(lake: Lake) -> set[str]:
    """Digests of the customers who asked to be forgotten."""
    import json

    edits = lake.read("edits", ["op", "args"])
    return {json.loads(args)["customer"] for args in edits.loc[edits["op"] == FORGET, "args"]}


def digest(customer: str) -> str:
    """Hash under which a forgotten customer is remembered as such."""
    return hashlib.sha256(f"forgotten:{customer}".encode()).hexdigest()


def maintain(settings: Settings, *, now: pd.Timestamp) -> dict[str, Any]:
    """Expire texts older than `privacy.retention_days`, compact, and drop states older than `privacy.history_days`."""
    lake = Lake.of(settings).require()
    with lake.lock():
        removed: dict[str, int] = {}
        days = settings.privacy.retention_days
        if days is not None:
            limit = now - pd.Timedelta(days=days)
            old = lake.read("feedback", where=pc.field("created_at") < limit.to_pydatetime(), columns=TRACE)
            removed = _remove(lake, old, RejectReason.EXPIRED)
        keep = 0 if removed.get("feedback") else settings.privacy.history_days * 24
        files = _erase_history(settings, lake, keep) if removed.get("feedback") else _tidy(lake, keep)
    return {"expired": removed, "files_removed": files}


def blank(rows: pd.DataFrame, reason: RejectReason) -> pd.DataFrame:
    """Rejected rows that say where a row stood and why it is gone, and nothing of what it said."""
    ids = [hashlib.sha256(f"{reason}:{i}".encode()).hexdigest()[:32] for i in rows["feedback_id"]]
    message = {RejectReason.FORGOTTEN: "the customer asked to be forgotten", RejectReason.EXPIRED: "retention is over"}[
        reason
    ]
    kept = rows[["source", "file", "row"]].reset_index(drop=True)
    return kept.assign(rejected_id=ids, reason=str(reason), message=message, raw=None)


def _remove(lake: Lake, rows: pd.DataFrame, reason: RejectReason) -> dict[str, int]:
    from cxnlp.topics.forgetting import unsaid

    ids = rows["feedback_id"].tolist()
    lake.upsert("rejected", blank(rows, reason))
    removed = {}
    for table in ("mentions", "corrections", "feedback"):
        stored = lake.read(table, ["feedback_id"])["feedback_id"]
        removed[table] = int(stored.isin(ids).sum())
        lake.delete(table, "feedback_id", stored[stored.isin(ids)])
    lake.update("topics", unsaid(lake.read("topics"), rows["text"].dropna(), lake.read("mentions", ["quote"])["quote"]))
    refused = lake.read("rejected", ["rejected_id", "raw"])
    same_words = refused.loc[refused["raw"].notna() & refused["raw"].isin(rows["text"]), "rejected_id"]
    removed["rejected"] = len(same_words)
    lake.update("rejected", pd.DataFrame({"rejected_id": same_words, "raw": None}))
    return removed


def _erase_history(settings: Settings, lake: Lake, keep_hours: float) -> int:
    """Old reports and findings quote what is gone: remove them, and let the next run make them anew."""
    from cxnlp.stages.topics import WRITING
    from cxnlp.tables import empty

    for folder in ("reports", "training"):  # training: texts that a model last learned from
        shutil.rmtree(settings.out / folder, ignore_errors=True)
    lake.overwrite("insights", empty("insights"))
    lake.delete("stages", "stage", ["insight", "report", "duplicates", "topics", WRITING])
    return _tidy(lake, keep_hours)


def _tidy(lake: Lake, keep_hours: float) -> int:
    return sum(lake.tidy(table, keep_hours) for table in SCHEMAS)
