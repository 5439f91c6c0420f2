"""feedback → its sentiment, and mentions: everything that the model in force has not read yet.

A chunk is committed mentions first, then the rows that say "read by this model": a run killed in between reads that
chunk again and finds the same mentions under the same keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from cxnlp import taxonomy
from cxnlp.stages.run import Run, fingerprint

COMMIT = 8  # batches per commit
COLUMNS = ["feedback_id", "text", "language", "source_stage", "role", "model_version"]
READ = ["feedback_id", "sentiment", "sentiment_score", "sentiment_confidence", "model_version"]


def annotate(run: Run) -> dict[str, Any]:
    """Annotate what is new, changed, or was read by another model; move mentions to the stages now in force."""
    from cxnlp.registry import resolve

    model = run.settings.model
    folder = resolve(f"{model.name}-{model.version}" if model.version else model.name, run.settings.models)
    rows = run.lake.read("feedback", COLUMNS)
    rows = rows[(rows["role"] == "customer") & (rows["model_version"].fillna("") != folder.version)]
    if len(rows):
        _annotate(run, rows.reset_index(drop=True), folder)
    _restage(run)
    mentions = run.lake.read("mentions", ["kind", "confidence"])
    return {
        "texts": len(rows),
        "mentions": len(mentions),
        "kinds": mentions["kind"].value_counts().to_dict(),
        "model": folder.version,
        "metrics": folder.json("metrics.json"),
    }


def _annotate(run: Run, rows: pd.DataFrame, folder: Any) -> None:
    from cxnlp.engine import annotate_batches

    done = 0
    run.progress("annotate", done, len(rows))
    for chunk in _chunks(rows, run.settings.engine.batch * COMMIT):
        texts, mentions = [], []
        for batch_texts, batch_mentions in annotate_batches(chunk, folder, run.settings):
            texts.append(batch_texts)
            mentions.append(batch_mentions)
            done += len(batch_texts)
            run.progress("annotate", done, len(rows))
        _commit(run, chunk, pd.concat(texts), pd.concat(mentions))


def _chunks(rows: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    for start in range(0, len(rows), size):
        yield rows.iloc[start : start + size]


def _commit(run: Run, rows: pd.DataFrame, texts: pd.DataFrame, mentions: pd.DataFrame) -> None:
    stages = rows.set_index("feedback_id")["source_stage"].reindex(mentions["feedback_id"])
    mentions = _with_stage(run, mentions, stages)
    stored = run.lake.read("mentions", ["feedback_id"])["feedback_id"]
    run.lake.delete("mentions", "feedback_id", stored[stored.isin(rows["feedback_id"])])
    run.lake.append("mentions", mentions)
    run.lake.update("feedback", texts[READ])


def _with_stage(run: Run, mentions: pd.DataFrame, source_stage: pd.Series) -> pd.DataFrame:
    """The stage that the source states wins; else it follows from the touchpoint."""
    journey = taxonomy.load(run.settings.taxonomy_path)
    stated = source_stage.reset_index(drop=True).set_axis(mentions.index)
    own = mentions["touchpoint"].map({t.id: t.stage for t in journey.touchpoints})
    source = stated.notna().map({True: "source", False: "touchpoint"})
    return mentions.assign(stage=stated.fillna(own), stage_source=source)


def _restage(run: Run) -> None:
    """After an edit of the journey file, roll mentions up to the new stages; no model is needed for that."""
    journey = taxonomy.load(run.settings.taxonomy_path)
    inputs = fingerprint([(t.id, t.stage) for t in journey.touchpoints])
    before, _ = run.last("restage")
    if before == inputs:
        return
    if before is not None:
        mentions = run.lake.read("mentions", ["mention_id", "feedback_id", "touchpoint", "stage"])
        stated = run.lake.read("feedback", ["feedback_id", "source_stage"]).set_index("feedback_id")["source_stage"]
        fresh = _with_stage(run, mentions, stated.reindex(mentions["feedback_id"]))
        differs = fresh["stage"].fillna("") != mentions["stage"].fillna("")
        run.lake.update("mentions", fresh.loc[differs, ["mention_id", "stage", "stage_source"]])
    run.remember("restage", inputs, {})
