"""What a person says of a text is in force at once and stays so."""

from __future__ import annotations

import json
import threading

import pandas as pd
import pyarrow.compute as pc
import pytest

from cxnlp import taxonomy
from cxnlp.corrections import labels, overlay
from cxnlp.errors import InputError
from cxnlp.stages import corrections as stage
from cxnlp.stages.run import Run
from tests.corrections.shop import frames

NOW = pd.Timestamp("2025-06-01T12:00Z")


def reading(run: Run, feedback_id: str) -> labels.Label:
    """The reading of a text as the lake has it."""
    mine = pc.field("feedback_id") == feedback_id
    text = run.lake.read("feedback", where=mine).iloc[0]
    said = run.lake.read("mentions", where=mine).to_dict("records")
    return labels.label(text["text"], text["language"], text["sentiment"], said)


def correct(run: Run, feedback_id: str, change, at: pd.Timestamp = NOW, who: str = "سارا") -> bool:
    """Record `change(reading)` as a person's correction."""
    old = reading(run, feedback_id)
    new = labels.checked(change(json.loads(json.dumps(old))), old["text"], taxonomy.load())
    return stage.record(
        run, [labels.row(feedback_id, old, new, at=at, who=who, origin="desk", model_version="reader-1")]
    )


def touchpoint(place: str, sentiment: str | None = None):
    def change(label):
        label["mentions"][0]["touchpoint"] = place
        label["sentiment"] = sentiment or label["sentiment"]
        return label

    return change


@pytest.mark.parametrize(("text", "place"), [("F1", "returns_refunds"), ("F4", "app_reliability")])
def test_a_correction_shows_in_the_lake_at_once(run: Run, text: str, place: str) -> None:
    """Persian and English alike: the analyst's next query already sees what she said, with its stage."""
    before = run.lake.read("mentions", where=pc.field("feedback_id") == text)
    assert correct(run, text, touchpoint(place, "neg"))
    after = run.lake.read("mentions", where=pc.field("feedback_id") == text)
    first = after.sort_values("start").iloc[0]
    assert (first["touchpoint"], first["stage"]) == (place, taxonomy.load().stage_of(place))
    assert (first["confidence"], first["model_version"]) == (1.0, "person")
    assert first["vector"] == before.sort_values("start")["vector"].iloc[0]
    row = run.lake.read("feedback", where=pc.field("feedback_id") == text).iloc[0]
    assert (row["sentiment"], row["sentiment_confidence"], row["model_version"]) == ("neg", 1.0, "reader-1")
    assert len(run.lake.read("mentions")) == len(frames()[1])


def test_the_log_says_who_what_old_and_new(run: Run) -> None:
    """A correction that nobody can trace is a rumour."""
    correct(run, "F1", touchpoint("returns_refunds"))
    row = run.lake.read("corrections").iloc[0]
    assert (row["who"], row["origin"], row["model_version"], row["at"]) == ("سارا", "desk", "reader-1", NOW)
    change = {"what": "touchpoint", "mention": "پولم را هنوز برنگردانده‌اند"}
    assert json.loads(row["changes"]) == [change | {"old": "payment_billing", "new": "returns_refunds"}]


def test_mentions_are_added_and_removed(run: Run) -> None:
    """What the model missed is marked by its words alone; what it invented goes."""

    def change(label):
        label["mentions"] = [
            {"quote": "برای سالگرد مادرم", "kind": "motive", "touchpoint": "general", "polarity": "neu", "severity": 0}
        ]
        return label

    correct(run, "F2", change)
    rows = run.lake.read("mentions", where=pc.field("feedback_id") == "F2")
    assert rows[["quote", "start", "end", "kind"]].to_numpy().tolist() == [["برای سالگرد مادرم", 0, 17, "motive"]]
    assert rows["vector"].isna().all() and rows["target"].isna().all()
    told = [c["what"] for c in json.loads(run.lake.read("corrections")["changes"].iloc[0])]
    assert told == ["removed", "added"]


def test_the_latest_correction_of_a_text_stands(run: Run) -> None:
    """People change their minds; the log keeps both."""
    correct(run, "F5", touchpoint("delivery"))
    correct(run, "F5", touchpoint("order_accuracy"), at=NOW + pd.Timedelta(hours=1))
    assert reading(run, "F5")["mentions"][0]["touchpoint"] == "order_accuracy"
    assert len(run.lake.read("corrections")) == 2


def test_a_new_reading_does_not_undo_people(run: Run) -> None:
    """Re-annotation by another model: other texts take its word, corrected ones keep the person's, with its vectors."""
    correct(run, "F1", touchpoint("returns_refunds"))
    feedback, mentions = frames()
    fresh = mentions.assign(touchpoint="general", model_version="reader-2", vector=b"12")
    texts = feedback.assign(sentiment="pos", model_version="reader-2")
    words = feedback.set_index("feedback_id")["text"]
    new_texts, said = overlay.corrected(texts, fresh, stage.labels(run), words)
    assert said.set_index("feedback_id").loc["F1", ["touchpoint", "vector"]].tolist() == ["returns_refunds", b"12"]
    assert set(said.loc[said["feedback_id"] != "F1", "touchpoint"]) == {"general"}
    assert new_texts.set_index("feedback_id").loc["F1", ["sentiment", "model_version"]].tolist() == ["neg", "reader-2"]
    assert len(fresh) == len(said) and (fresh["touchpoint"] == "general").all()  # the arguments stay as they were


def test_a_correction_of_other_words_is_out_of_date(run: Run) -> None:
    """The customer edited the review: what was said about the old words is not said about the new ones."""
    correct(run, "F7", touchpoint("general"))
    feedback, mentions = frames()
    words = feedback.set_index("feedback_id")["text"].replace(feedback["text"][7], "Worst cake I ever had")
    assert overlay.corrected(feedback, mentions, stage.labels(run), words)[1] is mentions


def test_nothing_is_lost_while_a_run_is_writing(run: Run) -> None:
    """The desk is open during a run: the log takes the correction now, the tables take it when the run has ended."""
    holds, done = threading.Event(), threading.Event()

    def work() -> None:
        with run.lake.lock():
            holds.set()
            done.wait(60)

    other = threading.Thread(target=work)
    other.start()
    holds.wait(60)
    try:
        assert not correct(run, "F5", touchpoint("order_accuracy"))
    finally:
        done.set()
        other.join()
    assert reading(run, "F5")["mentions"][0]["touchpoint"] == "packaging_condition"
    assert stage.lay(run) == 1
    assert reading(run, "F5")["mentions"][0]["touchpoint"] == "order_accuracy"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "grumble"}, "kind"),
        ({"touchpoint": "moon"}, "touchpoint"),
        ({"severity": 4}, "severity"),
        ({"quote": "words of nobody"}, "does not stand"),
        ({"target": "لاک‌پشت"}, "target"),
    ],
)
def test_impossible_readings_are_refused_with_a_reason(change: dict, reason: str) -> None:
    """A label that cannot be true must reach neither the lake nor the training."""
    text = "Second parcel in a row with a cracked jar inside"
    mention = {"quote": "a cracked jar inside", "kind": "pain", "touchpoint": "packaging_condition", "polarity": "neg"}
    given = {"sentiment": "neg", "mentions": [mention | {"severity": 2, "target": "jar"} | change]}
    with pytest.raises(InputError, match=reason):
        labels.checked(given, text, taxonomy.load())
