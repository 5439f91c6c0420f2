"""A run that dies between the registry and the assignments leaves what an undisturbed one makes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cxnlp.config import load
from cxnlp.lake import Lake
from cxnlp.stages.run import Run
from cxnlp.stages.topics import WRITING, topics
from cxnlp.topics.commands import edit
from cxnlp.topics.run import update
from tests.topics.conftest import said


def lake_of(home: Path, config: str = "") -> Run:
    """A lake of mentions in both languages, read but without topics."""
    home.mkdir()
    (home / "cxnlp.toml").write_text(config, encoding="utf-8")
    run = Run(load(home / "cxnlp.toml", out=home), Lake(home / "lake"))
    mentions = said(each=10).drop(columns=["created_at", "customer_id", "duplicate_of"], errors="ignore")
    run.lake.append("mentions", mentions[[c for c in mentions if c in run.lake.read("mentions").columns]])
    texts = pd.DataFrame(
        {"feedback_id": mentions["feedback_id"].unique(), "created_at": pd.Timestamp("2025-03-01", tz="UTC")}
    )
    run.lake.append("feedback", texts)
    return run


def made(run: Run) -> list[pd.DataFrame]:
    """What the stage wrote."""
    return [run.lake.read("topics"), run.lake.read("mentions", ["mention_id", "topic_id", "topic_version"])]


@pytest.mark.parametrize("dies", ["update", "delete"])
def test_death_between_both_tables_changes_nothing(tmp_path, monkeypatch, dies):
    """Found by a hundred kills: one of thirteen deaths in this stage fell between the two writes."""
    whole = lake_of(tmp_path / "whole")
    topics(whole)
    cut = lake_of(tmp_path / "cut")

    def death(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Lake, dies, death)
        topics(cut)
    registry = len(cut.lake.read("topics"))
    assert registry
    given: list[int] = []

    def spy(rows: pd.DataFrame, known: pd.DataFrame, *others: object, **options: object) -> object:
        given.append(len(known))
        return update(rows, known, *others, **options)

    monkeypatch.setattr("cxnlp.topics.update", spy, raising=False)
    topics(cut)
    assert given == [0 if dies == "update" else registry]  # never what only half a run has written
    for expected, found in zip(made(whole), made(cut), strict=True):
        pd.testing.assert_frame_equal(expected, found)
    assert made(cut)[1]["topic_id"].notna().sum() > 100
    assert WRITING not in cut.lake.read("stages")["stage"].tolist()


def test_a_rename_in_the_file_outlives_the_next_run(tmp_path):
    """Commands and desk write to the file that `[topics] edits` names; a run that replayed another log undid them."""
    run = lake_of(tmp_path / "home", '[topics]\nedits = "topics.yaml"\n')
    topics(run)  # without a file yet: nobody has said anything
    edit(run.settings, run.lake, "rename", {"topic": "T0001", "fa": "نام تازه", "en": "New name"}, "sara")
    for _ in range(2):
        topics(run)
        row = run.lake.read("topics").set_index("topic_id").loc["T0001"]
        assert (row["label_fa"], row["label_en"], row["label_source"]) == ("نام تازه", "New name", "person")
    file = run.settings.home / "topics.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("New name", "Newer name"), encoding="utf-8")
    topics(run)
    assert run.lake.read("topics").set_index("topic_id").loc["T0001", "label_en"] == "Newer name"


def test_no_run_is_skipped_while_mentions_wait_for_a_topic(tmp_path):
    """The same ids read anew, by another model or after a corrected rating, looked like nothing new."""
    run = lake_of(tmp_path / "home")
    topics(run)
    before, waiting = made(run)[1], ["topic_id", "topic_similarity", "topic_version"]
    lost = run.lake.read("mentions", ["mention_id"]).head(5)
    run.lake.update("mentions", lost.assign(**dict.fromkeys(waiting)))
    topics(run)
    pd.testing.assert_frame_equal(made(run)[1], before)
    inputs = run.last("topics")[0]
    topics(run)
    assert run.last("topics")[0] == inputs
    run.lake.update("mentions", lost.assign(model_version="reader-2"))
    topics(run)
    assert run.last("topics")[0] != inputs
