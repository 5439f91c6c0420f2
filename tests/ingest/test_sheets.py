"""Workbooks: titles above the header, several sheets, typed cells, files that would fill memory."""

from __future__ import annotations

import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from cxnlp.errors import ConfigError, InputError
from tests.ingest.folder import TEXTS, read, read_bytes

COLUMNS = {"text": "دلیل نمره", "nps": "Score", "created_at": "Date", "id": "No"}


@pytest.fixture
def book(tmp_path):
    """Two sheets of answers and one of notes; the second sheet repeats an id with the same answer."""
    workbook = xlsxwriter.Workbook(tmp_path / "survey.xlsx", {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, start, answers in (("1404", 0, TEXTS[:3]), ("1405", 2, TEXTS[2:5])):
        sheet = workbook.add_worksheet(name)
        sheet.write_row(0, 0, ["نظرسنجی"])
        sheet.write_row(3, 1, ["No", "Date", "Score", "دليل نمره"])
        for i, text in enumerate(answers):
            sheet.write_row(4 + i, 1, [start + i, datetime(2025, 5, 1, 10), 9, text])
        sheet.write_row(9, 1, [50 + start, "", "", ""])
    workbook.add_worksheet("About").write_row(0, 0, ["Exported by the survey tool"])
    workbook.close()
    return tmp_path


def test_sheets_with_the_columns_are_read(book):
    """The header is found below titles on each sheet that has it; ids may repeat across sheets only word for word."""
    kept, rejected = read(book, columns=COLUMNS)
    assert kept["text"].tolist() == TEXTS[:5]
    assert kept["external_id"].tolist() == ["0", "1", "2", "3", "4"]
    assert kept["nps"].tolist() == [9.0] * 5
    assert str(kept["created_at"][0]) == "2025-05-01 06:30:00+00:00"
    assert rejected["reason"].tolist().count("repeated_row") == 1
    assert rejected["reason"].tolist().count("empty_text") == 2 + 4  # two without words, two blank rows above each
    assert rejected["rejected_id"].is_unique
    assert rejected["message"].str.startswith("sheet '140").all()


def test_chosen_sheet(book):
    """Only the named sheet is read, and an absent one is an error that lists those there are."""
    assert len(read(book, sheet="1405", columns=COLUMNS)[0]) == 3
    with pytest.raises(InputError, match=r"no sheet '1406'; it has '1404', '1405', 'About'"):
        read(book, sheet="1406", columns=COLUMNS)


def test_missing_column(book):
    """The sentence names the columns of the best header found."""
    with pytest.raises(ConfigError, match=r"no column 'Reason'; it has .*'Score'"):
        read(book, columns=COLUMNS | {"text": "Reason"})


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rubbish", b"no workbook at all", b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_damage_is_one_sentence(tmp_path, data):
    """Files that only pretend to be workbooks."""
    with pytest.raises(InputError, match="not a readable spreadsheet"):
        read_bytes(tmp_path, "a.xlsx", data, columns=COLUMNS)


def test_far_cells(tmp_path):
    """One stray cell in the last row and column would become a grid of 17 billion cells."""
    workbook = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = workbook.add_worksheet()
    sheet.write(0, 0, "body")
    sheet.write(1_048_575, 16_383, "x")
    workbook.close()
    with pytest.raises(InputError, match="stray"):
        read(tmp_path, columns={"text": "body"})


def test_zip_that_is_no_workbook(tmp_path):
    """A zip with a workbook's suffix."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match="not a readable spreadsheet"):
        read(tmp_path, columns={"text": "body"})
