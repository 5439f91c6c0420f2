"""feedback → its sentiment, and mentions: everything that the model in force has not read yet.

What people corrected stays as they said (`stages.corrections`).
A chunk is committed mentions first, then the rows that say "read by this model": a run killed in between reads that
chunk again and finds the same mentions under the same keys. A mention found again keeps its topic.
"""

from __future__ import annotations

from itertools import batched
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxnlp.corrections.overlay import corrected
from cxnlp.engine import slices, spread
from cxnlp.stages.corrections import catch_up, labels
from cxnlp.stages.journey import restage, with_stage
from cxnlp.stages.reader import Reader
from cxnlp.stages.run import Run

COMMIT = 8  # batches per commit
ASKED = ["feedback_id", "text", "language"]
COLUMNS = [*ASKED, "source_stage", "role", "model_version"]
KEPT = ["mention_id", "quote", "topic_id", "topic_similarity", "topic_version"]
READ = ["feedback_id", "sentiment", "sentiment_score", "sentiment_confidence", "model_version"]


def annotate(run: Run) -> dict[str, Any]:
    """Annotate what is new, changed, or was read by another model; move mentions to the stages now in force."""
    from cxnlp.registry import in_force

    folder = in_force(run.settings)
    rows = run.lake.read("feedback", COLUMNS)
    worded = (rows["role"] == "customer") & rows["text"].notna()
    rows = rows[worded & (rows["model_version"].fillna("") != folder.version)]
    if len(rows):
        _annotate(run, rows.reset_index(drop=True), folder)
    catch_up(run, folder)
    restage(run)
    mentions = run.lake.read("mentions", ["kind", "confidence"])
    return {
        "texts": len(rows),
        "mentions": len(mentions),
        "kinds": mentions["kind"].value_counts().to_dict(),
        "model": folder.version,
        "metrics": folder.json("metrics.json"),
    }


def _annotate(run: Run, rows: pd.DataFrame, folder: Any) -> None:
    done, people, engine = 0, labels(run), run.settings.engine
    run.progress("annotate", done, len(rows))
    threads = engine.threads or (1 if engine.name == "ray" else None)
    found = spread(Reader, slices(rows[ASKED], run.settings), run.settings, folder, threads)
    for batches in batched(found, COMMIT):
        texts, mentions = (pd.concat(part) for part in zip(*batches))
        chunk = rows.iloc[done : done + len(texts)]
        words = chunk.set_index("feedback_id")["text"]
        _commit(run, chunk, *corrected(texts, mentions, people, words))
        done += len(chunk)
        run.progress("annotate", done, len(rows))


def _commit(run: Run, rows: pd.DataFrame, texts: pd.DataFrame, mentions: pd.DataFrame) -> None:
    stages = rows.set_index("feedback_id")["source_stage"].reindex(mentions["feedback_id"])
    mentions = with_stage(run, mentions, stages)
    mine = pc.field("feedback_id").isin(pa.array(rows["feedback_id"], pa.string()))
    stored = run.lake.read("mentions", KEPT, where=mine)
    if len(stored):  # new rows come before old ones go: what a mention's topic was stands nowhere else
        run.lake.upsert("mentions", mentions.merge(stored, on=KEPT[:2], how="left"))
        run.lake.delete("mentions", "mention_id", set(stored["mention_id"]) - set(mentions["mention_id"]))
    else:
        run.lake.append("mentions", mentions)
    run.lake.update("feedback", texts[READ])
