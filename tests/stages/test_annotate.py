"""Texts that are read anew: what was found before keeps the topic it has."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from cxnlp.stages import annotate as stage
from cxnlp.stages.run import Run
from tests.corrections import shop

TOPIC = ["topic_id", "topic_similarity", "topic_version"]


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """The shop with a topic for each mention; reader-2 finds another in F7, none in F6, else the same."""
    made = shop.lake(tmp_path)
    said = made.lake.read("mentions", ["mention_id"])
    topics = [f"T{i:04d}" for i in range(len(said))]
    made.lake.update("mentions", said.assign(topic_id=topics, topic_similarity=0.75, topic_version="v1"))

    class Reader:
        def __init__(self, *_: object) -> None:
            pass

        def __call__(self, tables: tuple[pd.DataFrame, ...]) -> tuple[pd.DataFrame, ...]:
            texts, found = shop.frames()
            mine = found["feedback_id"].isin(tables[0]["feedback_id"]) & ~found["feedback_id"].isin(["F6"])
            found = found[mine].drop(columns=["stage", "stage_source"]).assign(model_version="reader-2")
            found.loc[found["feedback_id"] == "F7", "mention_id"] = "another"
            texts = texts[texts["feedback_id"].isin(tables[0]["feedback_id"])]
            return texts[stage.READ].assign(model_version="reader-2"), found

    monkeypatch.setattr(stage, "Reader", Reader)
    folder = SimpleNamespace(version="reader-2", json=lambda _: {})
    monkeypatch.setattr("cxnlp.registry.in_force", lambda _: folder)
    return made


def test_a_mention_that_is_found_again_keeps_its_topic(run: Run) -> None:
    """A new version with the same ids once left every topic null, and the topics stage saw nothing new."""
    before = run.lake.read("mentions").set_index("mention_id")
    stage.annotate(run)
    after = run.lake.read("mentions").set_index("mention_id")
    same = after.index.intersection(before.index)
    assert len(same) == len(before) - 2 and set(after["model_version"]) == {"reader-2"}
    pd.testing.assert_frame_equal(after.loc[same, TOPIC], before.loc[same, TOPIC])
    assert set(after.index) - set(same) == {"another"} and after.loc["another", TOPIC].isna().all()
    assert set(run.lake.read("feedback")["model_version"]) == {"reader-2"}


def test_other_words_in_the_same_place_are_another_mention(run: Run) -> None:
    """The key is the span: a text that was rewritten may have something else there."""
    first = run.lake.read("mentions", ["mention_id"]).head(1)
    run.lake.update("mentions", first.assign(quote="something else"))
    stage.annotate(run)
    after = run.lake.read("mentions").set_index("mention_id")
    assert pd.isna(after.loc[first["mention_id"].iloc[0], "topic_id"])


def test_a_text_without_mentions_any_more(run: Run) -> None:
    """Alone in its chunk, nothing found is nothing left."""
    run.lake.delete("feedback", "feedback_id", [f"F{i}" for i in (0, 1, 2, 3, 4, 5, 7)])
    stage.annotate(run)
    assert "F6" not in run.lake.read("mentions")["feedback_id"].tolist()
