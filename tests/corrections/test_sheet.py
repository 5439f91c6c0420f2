"""The workbook that a report exports, edited by an analyst, comes back as corrections."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from cxnlp import tables, taxonomy
from cxnlp.desk.corrections import app
from cxnlp.report import sheets
from cxnlp.stages.run import Run


def exported(run: Run, folder: Path) -> Path:
    """report.xlsx of the lake, as the report writes it."""
    insights = tables.empty("insights")
    frames = sheets.tables(
        run.lake.read("feedback"), run.lake.read("mentions"), tables.empty("topics"), insights,
        tables.empty("rejected"), run.lake.read("feedback", ["feedback_id"]),
    )  # fmt: skip
    sheets.write_xlsx(frames, folder / "report.xlsx", "fa")
    return folder / "report.xlsx"


def edit(path: Path, change) -> None:
    """What a person does in a spreadsheet: the sheet with `change` done to its frame, saved."""
    frame = pd.read_excel(path, sheet_name="mentions", engine="calamine", dtype=object)
    frame = change(frame)
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        frame.to_excel(book, sheet_name="mentions", index=False)


def imported(run: Run, path: Path, *options: str) -> str:
    """Output of `cxnlp corrections import`."""
    config = str(run.settings.home / "cxnlp.toml")
    result = CliRunner().invoke(app, ["import", str(path), "--who", "سارا", "--config", config, *options])
    assert result.exit_code == 0, result.output
    return result.output


def cell(frame: pd.DataFrame, where: str, /, **values) -> pd.DataFrame:
    rows = frame["quote"] == where
    for column, value in values.items():
        frame.loc[rows, column] = value
    return frame


def test_an_untouched_workbook_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Opening and saving is no correction."""
    path = exported(run, tmp_path)
    edit(path, lambda frame: frame)
    assert "0 texts corrected, 10 rows unchanged, 0 set aside" in imported(run, path)
    assert run.lake.read("corrections").empty


def test_changed_cells_become_corrections(run: Run, tmp_path: Path) -> None:
    """Both languages: a touchpoint by its label, a severity, a shorter quote, a sentiment; a wrong mention goes."""
    path = exported(run, tmp_path)

    def change(frame):
        frame = cell(
            frame, "پولم را هنوز برنگردانده‌اند", touchpoint=taxonomy.load().label("returns_refunds", "fa"), severity=2
        )
        frame = cell(frame, "Your app froze at the till", touchpoint="app_reliability", quote="app froze at the till")
        frame = cell(frame, "با حوصله راهنمایی کرد", kind="none", sentiment="neu")
        return frame

    edit(path, change)
    assert "3 texts corrected" in imported(run, path)
    said = run.lake.read("mentions").set_index("feedback_id")
    assert said.loc["F1", ["touchpoint", "severity"]].tolist() == ["returns_refunds", 2]
    assert "app froze at the till" in said.loc["F4", "quote"].tolist()
    assert "F3" not in said.index
    assert run.lake.read("feedback", where=pc.field("feedback_id") == "F3")["sentiment"].tolist() == ["neu"]
    log = run.lake.read("corrections").set_index("feedback_id")
    assert set(log["origin"]) == {"xlsx"} and set(log["who"]) == {"سارا"}
    assert {c["what"] for c in json.loads(log.loc["F1", "changes"])} == {"touchpoint", "severity"}


def test_a_missed_mention_is_added_by_a_new_row(run: Run, tmp_path: Path) -> None:
    """Recall is taught by rows that the model never wrote."""
    path = exported(run, tmp_path)
    new = {
        "feedback_id": "F5",
        "quote": "Second parcel in a row",
        "kind": "pain",
        "touchpoint": "issue_resolution",
        "severity": 2,
    }
    edit(path, lambda frame: pd.concat([frame, pd.DataFrame([new])]))
    imported(run, path)
    rows = run.lake.read("mentions", where=pc.field("feedback_id") == "F5")
    assert sorted(rows["quote"]) == ["Second parcel in a row", "a cracked jar inside"]


def test_bad_rows_are_set_aside_with_a_reason(run: Run, tmp_path: Path) -> None:
    """One typing mistake must not cost the other nine hundred rows."""
    path = exported(run, tmp_path)

    def change(frame):
        frame = cell(frame, "a cracked jar inside", touchpoint="packing")
        frame = cell(frame, "نانش هنوز گرم بود", quote="نانش سرد بود")
        frame = cell(frame, "پیک خیلی دیر رسید", severity=3)
        frame.loc[frame["feedback_id"] == "F7", ["touchpoint", "exported"]] = ["general", None]
        return frame

    edit(path, change)
    said = imported(run, path)
    assert "1 texts corrected" in said and "3 set aside" in said
    assert "packing" in said and "does not stand in the text" in said and "exported" in said
    severity = run.lake.read("mentions", where=pc.field("feedback_id") == "F0").sort_values("start")["severity"]
    assert severity.tolist() == [3, 0]


def test_what_others_corrected_meanwhile_stays(run: Run, tmp_path: Path) -> None:
    """The sheet is days old when it comes back: its unchanged cells are not the analyst's opinion."""
    path, second = exported(run, tmp_path), tmp_path / "second"
    second.mkdir()
    other = exported(run, second)
    edit(path, lambda f: cell(f, "a cracked jar inside", touchpoint="order_accuracy"))
    edit(other, lambda f: cell(f, "a cracked jar inside", severity=3))
    imported(run, path)
    imported(run, other)
    row = run.lake.read("mentions", where=pc.field("feedback_id") == "F5").iloc[0]
    assert (row["touchpoint"], row["severity"]) == ("order_accuracy", 3)


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    """People look before they leap."""
    path = exported(run, tmp_path)
    edit(path, lambda f: cell(f, "a cracked jar inside", severity=3))
    assert "1 texts would be corrected" in imported(run, path, "--dry-run")
    assert run.lake.read("corrections").empty


def test_export_is_gold_with_provenance(run: Run, tmp_path: Path) -> None:
    """Training reads what people said, in the labelled format, and can say where each label comes from."""
    path = exported(run, tmp_path)
    edit(path, lambda f: cell(cell(f, "a cracked jar inside", severity=3), "پیک خیلی دیر رسید", severity=1))
    imported(run, path)
    config = str(run.settings.home / "cxnlp.toml")
    result = CliRunner().invoke(app, ["export", str(tmp_path / "gold.jsonl"), "--config", config])
    assert "2 corrected texts (1 fa, 1 en)" in result.output
    records = [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    for record in records:
        assert all(m["quote"] == record["text"][m["start"] : m["end"]] for m in record["mentions"])
        told = record["provenance"]
        assert (told["who"], told["origin"], told["model_version"], told["changed"]) == ("سارا", "xlsx", "reader-1", 1)


def test_a_file_that_is_no_export_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A wrong file is the commonest mistake."""
    from cxnlp.corrections import sheet
    from cxnlp.errors import InputError

    (tmp_path / "notes.xlsx").write_text("not a workbook", encoding="utf-8")
    for name in ("notes.xlsx", "nothing.xlsx"):
        with pytest.raises(InputError, match=name):
            sheet.read(tmp_path / name)
