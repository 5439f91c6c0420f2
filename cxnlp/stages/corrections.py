"""Corrections into the lake: the log first, then what they change; a run lays them over whatever a model says.

The log only grows, so a correction is safe while a run is writing; the tables follow when the run has ended, at the
latest in the next run's annotate stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxnlp.corrections.labels import FIELDS, Label, label, tongue
from cxnlp.corrections.overlay import PERSON, corrected, standing
from cxnlp.corrections.queue import chosen
from cxnlp.errors import LakeError
from cxnlp.stages.journey import with_stage
from cxnlp.stages.run import Run, fingerprint

TEXTS = ["feedback_id", "text", "source_stage", "sentiment", "sentiment_score", "sentiment_confidence"]
MENTION = ["mention_id", "feedback_id", *FIELDS]


def record(run: Run, rows: Iterable[dict[str, Any]]) -> bool:
    """Append to the log and apply; False where another run is writing, which then applies them."""
    frame = pd.DataFrame(list(rows))
    run.lake.append("corrections", frame)
    if frame.empty:
        return True
    try:
        with run.lake.lock():
            lay(run, frame["feedback_id"].tolist())
    except LakeError:
        return False
    return True


def labels(run: Run) -> dict[str, Label]:
    """feedback_id → the corrected reading in force."""
    return standing(run.lake.read("corrections"))


def readings(run: Run, feedback_ids: Iterable[str]) -> dict[str, tuple[Label, str | None]]:
    """feedback_id → (reading in force, its mentions with their `mention_id`; version of the model that read it)."""
    mine = pc.field("feedback_id").isin(pa.array(list(feedback_ids), pa.string()))
    texts = run.lake.read("feedback", [*TEXTS, "language", "model_version"], where=mine & pc.field("text").is_valid())
    said = run.lake.read("mentions", MENTION, where=mine)
    texts, said = corrected(texts, said, labels(run), texts.set_index("feedback_id")["text"])  # runs may be behind
    by_text = {str(f): block.to_dict("records") for f, block in said.groupby("feedback_id")}
    found = {}
    for row in texts.to_dict("records"):
        mentions = by_text.get(row["feedback_id"], [])
        reading = label(row["text"], row["language"], row["sentiment"], mentions)
        names = {(m["start"], m["end"], m["kind"]): m["mention_id"] for m in mentions}
        for mention in reading["mentions"]:
            mention["mention_id"] = names[mention["start"], mention["end"], mention["kind"]]
        found[row["feedback_id"]] = (reading, row["model_version"] if isinstance(row["model_version"], str) else None)
    return found


def queue(run: Run, count: int) -> list[str]:
    """feedback_ids of customers' texts that nobody has looked at, most useful first (`corrections.queue`)."""
    columns = ["feedback_id", "text", "language", "role", "duplicate_of", "sentiment", "sentiment_confidence"]
    texts = run.lake.read("feedback", columns)
    seen = set(run.lake.read("corrections", ["feedback_id"])["feedback_id"])
    fresh = (texts["role"] == "customer") & texts["duplicate_of"].isna() & texts["sentiment"].notna()
    texts = texts[fresh & ~texts["feedback_id"].isin(seen)]
    texts = texts.assign(language=[tongue(t, w) for t, w in zip(texts["text"], texts["language"], strict=True)])
    return chosen(texts, run.lake.read("mentions", ["feedback_id", "confidence", "vector"]), count)


def lay(run: Run, feedback_ids: Iterable[str] | None = None) -> int:
    """Bring texts and mentions in line with the log (of `feedback_ids`, else of all); how many texts were changed.

    New rows come before old ones go: a run that is killed in between leaves nothing lost, and the next one ends it.
    """
    wanted = labels(run)
    if feedback_ids is not None:
        wanted = {f: wanted[f] for f in feedback_ids if f in wanted}
    if not wanted:
        return 0
    mine = pc.field("feedback_id").isin(pa.array(list(wanted), pa.string()))
    texts, mentions = run.lake.read("feedback", TEXTS, where=mine), run.lake.read("mentions", where=mine)
    new_texts, new_mentions = corrected(texts, mentions, wanted, texts.set_index("feedback_id")["text"])
    stages = texts.set_index("feedback_id")["source_stage"].reindex(new_mentions["feedback_id"])
    new_mentions = with_stage(run, new_mentions, stages)
    run.lake.upsert("mentions", new_mentions)
    run.lake.delete("mentions", "mention_id", set(mentions["mention_id"]) - set(new_mentions["mention_id"]))
    run.lake.update("feedback", new_texts[["feedback_id", *TEXTS[3:]]])
    return len(texts)


def catch_up(run: Run, folder: Any) -> int:
    """At the end of annotate: what of the log is not yet in the tables, and vectors of mentions the model missed."""
    log = run.lake.read("corrections", ["correction_id"])
    if log.empty:
        return 0
    inputs = fingerprint(log["correction_id"].tolist(), folder.version)
    before, result = run.last("corrections")
    if before == inputs:
        return int(result["texts"])
    changed = lay(run)
    _vectors(run, folder)
    run.remember("corrections", inputs, {"texts": changed})
    return changed


def _vectors(run: Run, folder: Any) -> None:
    """A missed mention gets the vector of what the model finds in its quote alone; without one it has no topic."""
    from cxnlp.stages.reader import Reader

    where = (pc.field("model_version") == PERSON) & pc.field("vector").is_null()
    rows = run.lake.read("mentions", ["mention_id", "quote", "language"], where=where)
    if rows.empty:
        return
    quotes = rows.rename(columns={"mention_id": "feedback_id", "quote": "text"})
    _, found = Reader(folder, run.settings.engine.threads)((quotes,))
    first = found.drop_duplicates("feedback_id")[["feedback_id", "vector"]]
    run.lake.update("mentions", first.rename(columns={"feedback_id": "mention_id"}))
