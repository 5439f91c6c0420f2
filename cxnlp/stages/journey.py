"""Mentions to journey stages: by the source where it says one, else by the touchpoint."""

from __future__ import annotations

import pandas as pd

from cxnlp import taxonomy
from cxnlp.stages.run import Run, fingerprint


def with_stage(run: Run, mentions: pd.DataFrame, source_stage: pd.Series) -> pd.DataFrame:
    """The stage that the source states wins; else it follows from the touchpoint."""
    journey = taxonomy.load(run.settings.taxonomy_path)
    stated = source_stage.reset_index(drop=True).set_axis(mentions.index)
    own = mentions["touchpoint"].map(journey.stage_by_touchpoint)
    source = stated.notna().map({True: "source", False: "touchpoint"})
    return mentions.assign(stage=stated.fillna(own), stage_source=source)


def restage(run: Run) -> None:
    """After an edit of the journey file, roll mentions up to the new stages; no model is needed for that."""
    journey = taxonomy.load(run.settings.taxonomy_path)
    inputs = fingerprint([(t.id, t.stage) for t in journey.touchpoints])
    before, _ = run.last("restage")
    if before == inputs:
        return
    if before is not None:
        mentions = run.lake.read("mentions", ["mention_id", "feedback_id", "touchpoint", "stage"])
        stated = run.lake.read("feedback", ["feedback_id", "source_stage"]).set_index("feedback_id")["source_stage"]
        fresh = with_stage(run, mentions, stated.reindex(mentions["feedback_id"]))
        differs = fresh["stage"].fillna("") != mentions["stage"].fillna("")
        run.lake.update("mentions", fresh.loc[differs, ["mention_id", "stage", "stage_source"]])
    run.remember("restage", inputs, {})
