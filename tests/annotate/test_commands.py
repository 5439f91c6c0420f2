"""`cxnlp annotate`, end to end on files: what users script against."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from cxnlp.annotate.commands import annotate
from cxnlp.errors import InputError, ModelError
from cxnlp.registry import ModelFolder
from tests.annotate.test_engine import BAD, ODD
from tests.annotate.tiny import TEXTS

ROWS = [*TEXTS, None, *BAD.values(), *ODD.values(), "😡😡", TEXTS[0]]
LANGUAGES = {"fa", "en", "mixed", "finglish", "other", None}
KINDS = {"pain", "praise", "request", "question", "motive", "fact"}


def run(folder: ModelFolder, source: Path, out: Path, *more: str) -> None:
    app = typer.Typer()
    app.command()(annotate)
    result = CliRunner().invoke(app, [str(source), "--out", str(out), "--model", str(folder.path), *more])
    if result.exception:
        raise result.exception


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(ROWS)), encoding="utf-8")
    return path


def test_the_contract_holds_for_every_row(folder: ModelFolder, source: Path, tmp_path: Path) -> None:
    """One row out per row in, in order, for good and bad input alike; users' scripts index by these keys."""
    run(folder, source, tmp_path / "out.jsonl")
    made = lines(tmp_path / "out.jsonl")
    assert [row["id"] for row in made] == [str(i) for i in range(len(ROWS))]
    for text, row in zip(ROWS, made):
        assert list(row) == ["id", "language", "sentiment", "sentiment_score", "mentions"]
        assert row["language"] in LANGUAGES
        assert row["sentiment"] in ("neg", "neu", "pos", "mixed")
        assert -1 <= row["sentiment_score"] <= 1
        for m in row["mentions"]:
            assert text[m["start"] : m["end"]] == m["quote"]
            assert m["kind"] in KINDS
            assert (m["stage"] is None) == (m["touchpoint"] == "general")
            assert m["polarity"] in ("neg", "neu", "pos")
            assert m["target"] in m["quote"]
            assert 0 <= m["confidence"] <= 1
    languages = [row["language"] for row in made]
    assert languages[0] == "fa"
    assert languages[4] == "en"
    assert languages[-2] is None
    assert made[0]["mentions"]
    assert {**made[0], "id": ""} == {**made[-1], "id": ""}
    for text, row in zip(ROWS, made):
        if text in (None, *BAD.values()):
            assert row["mentions"] == []


def test_formats_in_and_out_agree(folder: ModelFolder, source: Path, tmp_path: Path) -> None:
    """The same texts from CSV, XLSX and Parquet, to CSV and Parquet: the same rows."""
    run(folder, source, tmp_path / "a.jsonl")
    plain = pd.DataFrame({"nr": range(len(TEXTS)), "متن": TEXTS})
    plain.to_csv(tmp_path / "b.csv", index=False, encoding="utf-8-sig")
    plain.to_excel(tmp_path / "c.xlsx", index=False, engine="xlsxwriter")
    plain.to_parquet(tmp_path / "d.parquet")
    expected = lines(tmp_path / "a.jsonl")[: len(TEXTS)]
    options = ("--text-column", "متن", "--id-column", "nr")
    for name in ("b.csv", "c.xlsx", "d.parquet"):
        run(folder, tmp_path / name, tmp_path / f"{name}.jsonl", *options)
        assert lines(tmp_path / f"{name}.jsonl") == expected
    run(folder, source, tmp_path / "o.parquet")
    assert len(pd.read_parquet(tmp_path / "o.parquet")) == len(ROWS)
    run(folder, source, tmp_path / "o.csv")
    with (tmp_path / "o.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(ROWS)
    assert json.loads(table[0]["mentions"]) == expected[0]["mentions"]
    assert table[0]["quote"].split(" | ") == [m["quote"] for m in expected[0]["mentions"]]


def test_without_ids_rows_are_numbered(folder: ModelFolder, tmp_path: Path) -> None:
    """The id is optional; a row must still be found again."""
    (tmp_path / "in.csv").write_text("text\nپیک دیر رسید\nfine\n", encoding="utf-8")
    run(folder, tmp_path / "in.csv", tmp_path / "out.jsonl")
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["1", "2"]


@pytest.mark.parametrize(
    ("out", "options", "error", "says"),
    [
        ("out.docx", (), InputError, r"\.docx.*\.jsonl"),
        ("missing/out.jsonl", (), InputError, "no folder"),
        ("out.jsonl", ("--text-column", "comment"), InputError, "comment"),
        ("out.jsonl", ("--model", "no-such-model"), ModelError, "no-such-model"),
    ],
)
def test_mistakes_end_in_a_sentence_and_leave_no_file(
    folder: ModelFolder, source: Path, tmp_path: Path, out: str, options: tuple[str, ...], error: type, says: str
) -> None:
    """A half-written output looks like a finished one; a mistake must say what it is and leave nothing."""
    with pytest.raises(error, match=says):
        run(folder, source, tmp_path / out, *options)
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]
