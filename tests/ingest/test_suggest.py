"""A configuration proposed for a folder nobody has described: right where it can be, unsure where it cannot."""

from __future__ import annotations

import csv
import json
import os
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from cxnlp import ingest
from cxnlp.config import Settings, load
from cxnlp.errors import InputError
from cxnlp.ingest.suggest import suggest
from tests.ingest.folder import TEXTS

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CXNLP_SHARED", ROOT.parent / "shared")) / "raw"
DAY = datetime(2025, 3, 30, 9, 15)


def table(path, header, rows, **options):
    with path.open("w", newline="", encoding=options.pop("encoding", "utf-8"), errors="replace") as file:
        csv.writer(file, **options).writerows([header, *rows])


def texts(count):
    return [f"{TEXTS[i % 6]} ({i})" for i in range(count)]


@pytest.fixture
def folder(tmp_path):
    """Exports of a shop, as they come."""
    table(
        tmp_path / "نظرات فروردین.csv",
        ["شناسه نظر", "کد مشتری", "عنوان", "متن نظر", "امتیاز", "تاریخ ثبت", "شهر"],
        [
            (i, f"M{i % 37}", "عالی بود" if i % 3 else "", t, i % 6, f"{i % 29 + 1} فروردین 1404", ["قم", "یزد"][i % 2])
            for i, t in enumerate(texts(60))
        ],
        delimiter=";",
    )
    for month in (4, 5):
        table(
            tmp_path / f"chat_ratings_2025_{month}.csv",
            ["Ref No", "User", "Stars (1-10)", "What could we do better?", "Submitted", "Would you recommend us?"],
            [
                (f"{month}-{i}", f"u{i}", i % 10 + 1, t, f"{month}/{i % 28 + 1}/2025", ["yes", "no", "maybe"][i % 3])
                for i, t in enumerate(texts(50))
            ],
        )
    workbook = xlsxwriter.Workbook(tmp_path / "nps.xlsx")
    sheet = workbook.add_worksheet("Answers")
    sheet.write(0, 0, "NPS programme")
    sheet.write_row(2, 0, ["Response ID", "Customer", "NPS", "Reason", "Journey step", "Answered at"])
    for i, t in enumerate(texts(40)):
        at = (DAY + timedelta(days=i)).strftime("%d/%m/%Y %H:%M")
        sheet.write_row(3 + i, 0, [f"N{i}", f"C{i}", i % 11, t, ["Delivery", "Renewal", "Zebra"][i % 3], at])
    workbook.close()
    talks = [
        {"ticket_id": f"T{i}", "client": f"C{i}", "satisfaction": i % 5 + 1, "messages": [
            {"from": "operator", "sent": f"2025-05-{i % 28 + 1:02}T08:00:00Z", "body": "How can I help you today?"},
            {"from": "client", "sent": f"2025-05-{i % 28 + 1:02}T08:01:00Z", "body": t},
        ]}
        for i, t in enumerate(texts(30))
    ]  # fmt: skip
    (tmp_path / "tickets.json").write_text(json.dumps({"data": {"tickets": talks}}), encoding="utf-8")
    (tmp_path / "call.txt").write_text("Sara: hello\nReza: my parcel is late\n" * 3, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nothing to see here\n", encoding="utf-8")
    table(
        tmp_path / "members.csv",
        ["member_code", "city", "birth_year"],
        [(f"M{i}", ["قم", "یزد"][i % 2], 1370) for i in range(60)],
    )
    table(
        tmp_path / "sales.csv",
        ["order_no", "member_code", "date", "total_price"],
        [(f"O{i}", f"M{i % 20}", f"2025-01-{i % 28 + 1:02}", i * 1000) for i in range(80)],
    )
    return tmp_path


def test_folder(folder):
    """Names and contents decide, in both languages; the proposal is valid and reads every file of feedback."""
    text = suggest(folder)
    data = tomllib.loads(text)
    sources = data["sources"]
    fa = sources["نظرات_فروردین"]
    assert fa["delimiter"] == ";"
    assert fa["columns"] == {
        "text": ["عنوان", "متن نظر"],
        "created_at": "تاریخ ثبت",
        "rating": "امتیاز",
        "customer_id": "کد مشتری",
        "id": "شناسه نظر",
        "attributes": ["شهر"],
    }
    assert fa["values"]["missing"] == {"rating": ["0"]}
    chats = sources["chat_ratings_2025"]
    assert chats["files"] == "chat_ratings_2025_*.csv"
    assert chats["day_first"] is False
    assert chats["rating_max"] == 10
    assert chats["columns"]["text"] == "What could we do better?"
    assert chats["columns"]["recommended"] == "Would you recommend us?"
    assert chats["values"]["recommended"] == {"yes": True, "no": False}
    nps = sources["nps"]["columns"]
    assert (nps["nps"], nps["text"], nps["created_at"], nps["stage"]) == (
        "NPS",
        "Reason",
        "Answered at",
        "Journey step",
    )
    assert sources["nps"]["values"]["stage"] == {"Delivery": "action", "Renewal": "loyalty"}
    tickets = sources["tickets"]
    assert tickets["records"] == "data.tickets"
    assert tickets["columns"] == {
        "turns": "messages",
        "text": "body",
        "role": "from",
        "created_at": "sent",
        "conversation_id": "ticket_id",
        "csat": "satisfaction",
        "customer_id": "client",
    }
    assert data["segments"]["customers"] == {"file": "members.csv", "id": "member_code", "attributes": ["city"]}
    assert data["segments"]["orders"]["columns"] == {
        "order_id": "order_no",
        "ordered_at": "date",
        "amount": "total_price",
    }
    for doubt in ("not known: Zebra", "speakers are Sara, Reza", "maybe taken for neither", "# not covered: notes.txt"):
        assert doubt in text
    loaded = Settings.model_validate({**data, "project": {"raw": folder}})
    for file in ingest.discover(loaded):
        assert sum(len(b.feedback) for b in ingest.read(file, loaded)) > 5


def test_nothing_there(tmp_path):
    """An absent or empty folder is one sentence."""
    with pytest.raises(InputError, match="is empty"):
        suggest(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        suggest(tmp_path / "absent")


def test_rubbish_is_listed(tmp_path):
    """Files that cannot be read don't stop the proposal; they are listed with what is wrong."""
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    (tmp_path / "c.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "d.csv").write_bytes(bytes(range(256)))
    (tmp_path / "e.png").write_bytes(b"\x89PNG")
    text = suggest(tmp_path)
    assert text.count("# not covered: ") == 5
    assert tomllib.loads(text)["project"]


KEYS = ("text", "id", "created_at", "rating", "nps", "csat", "recommended", "turns", "role", "stage", "customer_id")


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no exports at {SHARED}")
def test_exports():
    """The figure asked for: at least 9 of 11 files of feedback are mapped as a person mapped them."""
    by_hand = load(ROOT / "examples" / "exports" / "cxnlp.toml", raw=SHARED)
    proposed = Settings.model_validate({**tomllib.loads(suggest(SHARED)), "project": {"raw": SHARED}})
    names = {f.file: f.source_name for f in ingest.discover(proposed)}
    right = []
    for file in ingest.discover(by_hand):
        ours, theirs = by_hand.sources[file.source_name], proposed.sources[names[file.file]]
        if ours.kind == "transcript" and not ours.columns.turns:  # labelled text finds its columns itself
            right.append(theirs.kind == ours.kind)
            continue
        fold = ingest.mapping.values.fold
        same = [fold(getattr(ours.columns, k)) == fold(getattr(theirs.columns, k)) for k in KEYS]
        right.append(theirs.kind == ours.kind and theirs.agents == ours.agents and all(same))
    assert len(right) == 11
    assert sum(right) >= 9
    assert proposed.segments.customers.file == "customers.csv"
    assert proposed.segments.orders.columns == by_hand.segments.orders.columns


def test_a_survey_that_few_write_in(tmp_path):
    """Seven of ten answers hold a score and no words: the column is still the text, and a survey is no review."""
    rows = [(i, i % 11, t if i % 10 < 3 else "", f"1404/07/{i % 30 + 1:02}") for i, t in enumerate(texts(40))]
    table(tmp_path / "نظرسنجی پاییز.csv", ["شماره پاسخ", "NPS", "چرا این نمره؟", "تاریخ"], rows)
    source = tomllib.loads(suggest(tmp_path))["sources"]["نظرسنجی_پاییز"]
    assert (source["columns"]["text"], source["columns"]["nps"]) == ("چرا این نمره؟", "NPS")
    assert source["constants"] == {"channel": "survey"}


def test_a_date_column_with_impossible_dates(tmp_path):
    """A column that calls itself a date is one, though a third of its dates cannot be; the proposal says so."""
    days = ("۱۴۰۴/۰۷/۱۲", "۱۴۰۴/۱۳/۴۰", "۱۴۰۴/۰۷/۱۵")
    rows = [(days[i % 3], t) for i, t in enumerate(texts(30))]
    table(tmp_path / "نظرها.csv", ["تاریخ", "نظر"], rows)
    text = suggest(tmp_path)
    assert tomllib.loads(text)["sources"]["نظرها"]["columns"]["created_at"] == "تاریخ"
    assert "67% of these are dates" in text
