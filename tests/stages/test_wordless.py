"""A score without words is kept, counted once, and read by no model."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from cxnlp.config import load
from cxnlp.insight import find
from cxnlp.lake import Lake
from cxnlp.stages.ingest import counts, ingest
from cxnlp.stages.run import Run

CONFIG = """
[project]
raw = "raw"
out = "lake"
[insight]
min_n = 5
[sources.survey]
files = "*.csv"
columns = { text = "why", nps = "score", created_at = "at" }
"""
WRITTEN = [("10", "پشتیبانی عالی بود", "1404/03/02"), ("9", "Quick and friendly", "2025-06-01"),
           ("2", "بسته باز شده رسید", "1404/03/05")]  # fmt: skip
SILENT = [("10", "", "1404/03/06")] * 3 + [
    ("8", " ", "1404/03/06"),
    ("6", "", "1404/03/07"),
    ("0", "", ""),
    ("0", "", ""),
]


@pytest.fixture
def home(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def mine(home, name, rows):
    with (home / "raw" / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("score", "why", "at"), *rows])
    settings = load(home / "cxnlp.toml")
    run = Run(settings, Lake(settings.lake_uri))
    result, table = ingest(run), counts(run).loc["survey"]
    assert table["open"] == 0
    assert table["read"] + table["retained"] == table[["kept", "duplicates", "rejected"]].sum()
    return run, result, table


def test_nps_of_three_written_and_seven_silent_answers_is_that_of_all_ten(home):
    """10, 9, 2 with words, 10, 10, 10, 8, 6, 0, 0 without: 5 promoters, 4 detractors; the writers alone say +33."""
    run, result, table = mine(home, "a.csv", [*WRITTEN, *SILENT, ("", "", "1404/03/08"), ("?", "", "1404/03/08")])
    assert (table["read"], table["kept"], table["duplicates"], table["rejected"]) == (12, 10, 0, 2)
    assert result["wordless"] == 7 and result["rejected"] == {"empty_text": 2}
    feedback = run.lake.read("feedback")
    assert feedback["text"].isna().sum() == feedback["language"].isna().sum() == 7
    tables = (run.lake.read(name) for name in ("mentions", "topics"))
    rows = find(feedback, *tables, None, run.settings)
    nps = rows[(rows["metric"] == "nps") & (rows["by"] == "all")].iloc[0]
    assert (nps["value"], nps["n"]) == (pytest.approx(10.0), 10)
    texts = rows[(rows["type"] == "volume") & (rows["by"] == "all")].iloc[0]
    assert texts["n"] == texts["base"] == 3


def test_a_longer_export_doubles_nobody(home):
    """Answers that look alike are told apart by counting, so that next month's export brings only what is new."""
    mine(home, "a.csv", [*WRITTEN, *SILENT])
    _, _, table = mine(home, "b.csv", [("10", "", "1404/03/06"), *reversed(SILENT), *WRITTEN, ("7", "", "1404/03/09")])
    assert (table["kept"], table["duplicates"]) == (12, 10)


def test_words_that_are_taken_back_take_their_mentions_along(home):
    """The customer deletes the comment and the score stays: no report may go on quoting it."""
    toml = (home / "cxnlp.toml").read_text(encoding="utf-8").replace('text = "why"', 'text = "why", id = "at"')
    (home / "cxnlp.toml").write_text(toml, encoding="utf-8")
    run, _, _ = mine(home, "a.csv", WRITTEN)
    texts = run.lake.read("feedback", ["feedback_id", "text"])
    run.lake.append("mentions", pd.DataFrame({"mention_id": ["a", "b", "c"], "feedback_id": texts["feedback_id"]}))
    run, result, _ = mine(home, "a.csv", [("10", "", "1404/03/02"), *WRITTEN[1:]])
    left = run.lake.read("mentions", ["feedback_id"])["feedback_id"]
    assert result["wordless"] == 1 and len(left) == 2
    assert set(left) == set(texts.loc[texts["text"] != WRITTEN[0][1], "feedback_id"])
