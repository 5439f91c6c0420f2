"""`cxnlp label`: the texts that teach most come first, and every answer is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
import typer
from typer.testing import CliRunner

from cxnlp import taxonomy
from cxnlp.corrections import queue
from cxnlp.desk import terminal
from cxnlp.errors import InputError
from cxnlp.stages import corrections as stage
from cxnlp.stages.run import Run
from tests.corrections import shop


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The shop alone: eight texts."""
    return shop.lake(tmp_path)


def label(run: Run, *answers: str, count: int = 8) -> str:
    """Output of `cxnlp label` with `answers` typed in."""
    app = typer.Typer()
    app.command()(terminal.label)
    config = str(run.settings.home / "cxnlp.toml")
    typed = "".join(answer + "\n" for answer in answers)
    result = CliRunner().invoke(app, ["--count", str(count), "--who", "Tom", "--config", config], input=typed)
    assert result.exit_code == 0, result.output
    return result.output


def test_doubtful_texts_come_first_in_both_languages(run: Run) -> None:
    """An hour of labelling is short: both languages learn, and from what the model is least sure of."""
    order = stage.queue(run, 8)
    assert {i[1] in "0123" for i in order[:2]} == {True, False}
    assert (order[0], order[1]) == ("F4", "F0")
    assert len(set(order)) == 8


def test_unlike_texts_come_before_more_of_the_same() -> None:
    """Fifty wordings of one complaint teach one thing: after the first of a kind, another kind is worth more."""
    same, other = np.array([1, 0], dtype="<f2").tobytes(), np.array([0, 1], dtype="<f2").tobytes()
    texts = pd.DataFrame({"feedback_id": ["a", "b", "c"], "language": "fa", "sentiment_confidence": 0.9})
    said = pd.DataFrame({"feedback_id": ["a", "b", "c"], "confidence": [0.3, 0.32, 0.5], "vector": [same, same, other]})
    assert queue.chosen(texts, said, 3) == ["a", "c", "b"]


def test_answers_are_saved_and_the_next_session_goes_on(run: Run) -> None:
    """Enter says "right", commands correct, q leaves; what was seen is not asked again."""
    first, second = stage.queue(run, 2)
    said = label(run, "t 1 app_r", "v 1 3", "", "", "q")
    assert "2 texts labelled" in said
    log = run.lake.read("corrections").set_index("feedback_id")
    assert set(log.index) == {first, second} and set(log["origin"]) == {"label"} and set(log["who"]) == {"Tom"}
    assert [c["what"] for c in json.loads(log.loc[first, "changes"])] == ["touchpoint", "severity"]
    assert json.loads(log.loc[second, "changes"]) == []
    row = run.lake.read("mentions", where=pc.field("feedback_id") == first).sort_values("start").iloc[0]
    assert (row["touchpoint"], row["severity"]) == ("app_reliability", 3)
    assert not {first, second} & set(stage.queue(run, 8))
    label(run, *[""] * 6)
    assert "nothing to label" in label(run)


def test_skipping_and_the_end_of_input_save_nothing(run: Run) -> None:
    """Ctrl-D in the middle of a text leaves the lake as it was."""
    assert "0 texts labelled" in label(run, "n", "s neg")
    assert run.lake.read("corrections").empty


def test_mistyped_commands_are_told_and_change_nothing(run: Run) -> None:
    """Wrong words, wrong numbers: the person is told and goes on."""
    said = label(run, "x 1", "t 9 delivery", "t 1 re", "a pain delivery 2 words of nobody", "v 1 7", "", "q", count=1)
    assert said.count("(? for help)") == 5
    assert "1 texts labelled" in said


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [("k 1 request", "kind", "request"), ("p 1 neu", "polarity", "neu"), ("g 1 جار", "target", None),
     ("w 1 cracked jar", "quote", "cracked jar"), ("g 1 parcel", "target", "parcel")],
)  # fmt: skip
def test_each_command_changes_its_field(run: Run, command: str, field: str, value: str | None) -> None:
    """What can be wrong can be put right."""
    old, _ = stage.readings(run, ["F5"])["F5"]
    if value is None:
        with pytest.raises(InputError):
            terminal.changed(old, command, taxonomy.load())
        return
    new = terminal.changed(old, command, taxonomy.load())["mentions"][0]
    assert new[field] == value
    assert old["text"][new["start"] : new["end"]] == new["quote"]
    assert (new["severity"] > 0) == (new["kind"] == "pain")


def test_mentions_are_added_and_removed(run: Run) -> None:
    """A missed mention takes its words from the text."""
    old, _ = stage.readings(run, ["F5"])["F5"]
    new = terminal.changed(terminal.changed(old, "d 1", taxonomy.load()), "a pain iss 2 Second parcel", taxonomy.load())
    assert [(m["quote"], m["touchpoint"], m["severity"]) for m in new["mentions"]] == [
        ("Second parcel", "issue_resolution", 2)
    ]
