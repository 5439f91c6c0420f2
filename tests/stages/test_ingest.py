"""Nothing lost, nothing doubled: the lake after any order of files, repeats, changes, kills and requests to forget."""

from __future__ import annotations

import csv

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cxnlp import maintenance
from cxnlp.config import load
from cxnlp.lake import Lake
from cxnlp.stages.ingest import counts, ingest
from cxnlp.stages.run import Run

CONFIG = """
[project]
raw = "raw"
out = "lake"
[sources.reviews]
files = "reviews*.csv"
[sources.reviews.columns]
id = "id"
text = "text"
customer_id = "customer"
created_at = "date"
"""
ROWS = [
    ("1", "پیک خیلی دیر رسید و غذا یخ کرده بود", "C1", "1404/03/02"),
    ("2", "The courier was lovely and the soup still hot", "C2", "2025-06-01"),
    ("3", "شماره‌م ۰۹۱۲۳۴۵۶۷۸۹ هست، زنگ بزنید پولم رو پس بدید", "C3", "1404/03/05"),
    ("4", "", "C4", "1404/03/06"),
]


@pytest.fixture
def home(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    write(tmp_path, "reviews-1.csv", ROWS)
    return tmp_path


def write(home, name, rows):
    with (home / "raw" / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text", "customer", "date"), *rows])


def mine(home):
    settings = load(home / "cxnlp.toml")
    run = Run(settings, Lake(settings.lake_uri))
    result = ingest(run)
    table = counts(run)
    assert (table["open"] == 0).all(), table
    assert (table["read"] + table["retained"] == table[["kept", "duplicates", "rejected"]].sum(axis=1)).all()
    return run.lake, result, table.loc["reviews"]


def state(lake):
    """Everything stored, as comparable values."""
    return {t: lake.read(t).astype(object).where(lambda f: f.notna(), None) for t in ("feedback", "rejected", "files")}


def same(a, b):
    return all(a[t].to_dict() == b[t].to_dict() for t in a)


def test_counts_add_up_and_personal_data_never_lands(home):
    """The insight team trusts the numbers; the lawyer trusts that numbers of phones are nowhere on the disk."""
    lake, _, table = mine(home)
    assert table.to_dict() == {"read": 4, "retained": 0, "kept": 3, "duplicates": 0, "rejected": 1, "open": 0}
    texts = lake.read("feedback", ["text", "language"])
    assert sorted(texts["language"]) == ["en", "fa", "fa"]
    assert texts["text"].str.contains("⟨mobile⟩").sum() == 1
    stored = b"".join(p.read_bytes() for p in (home / "lake").rglob("*") if p.is_file())
    assert "۰۹۱۲۳۴۵۶۷۸۹".encode() not in stored
    assert lake.read("rejected")["reason"].tolist() == ["empty_text"]


def test_second_run_changes_nothing(home):
    """A schedule runs every morning, also when nothing came."""
    lake, _, _ = mine(home)
    before, versions = state(lake), [lake.version(t) for t in ("feedback", "rejected", "files")]
    lake, result, _ = mine(home)
    assert result["new_files"] == 0
    assert same(before, state(lake))
    assert versions == [lake.version(t) for t in ("feedback", "rejected", "files")]


def test_changed_row_replaces_its_old_self(home):
    """An edited review counts once, with its new words; the others are left as they are."""
    lake, _, _ = mine(home)
    old = lake.read("feedback", ["feedback_id", "text"]).set_index("feedback_id")["text"]
    write(home, "reviews-1.csv", [("1", "پیک سر وقت رسید، دستتون درد نکنه", "C1", "1404/03/02"), *ROWS[1:]])
    lake, _, table = mine(home)
    new = lake.read("feedback", ["feedback_id", "text"]).set_index("feedback_id")["text"]
    assert table["kept"] == 3
    assert old.index.equals(new.index)
    assert (old != new).sum() == 1


def test_overlapping_exports_give_the_same_lake_in_any_order(home):
    """Monthly exports overlap; which one is read first is chance."""
    second = [("2", "The courier was rude this time, soup all over the bag", "C2", "2025-06-01"), ROWS[0], ROWS[2]]
    write(home, "reviews-2.csv", second)
    lake, _, table = mine(home)
    assert (table["read"], table["kept"], table["duplicates"], table["rejected"]) == (7, 3, 3, 1)
    one_go = state(lake)
    for first, then in (("reviews-1.csv", "reviews-2.csv"), ("reviews-2.csv", "reviews-1.csv")):
        other = home / f"again-{first}"
        (other / "raw").mkdir(parents=True)
        (other / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
        for name in (first, then):
            write(other, name, ROWS if name == "reviews-1.csv" else second)
            lake, _, _ = mine(other)
        assert same({t: one_go[t] for t in ("feedback", "rejected")}, state(lake))


def test_rows_that_a_newer_export_lacks_are_kept(home):
    """Exports roll; what a customer said last year stays said."""
    mine(home)
    write(home, "reviews-1.csv", ROWS[1:])
    _, _, table = mine(home)
    assert (table["read"], table["retained"], table["kept"], table["rejected"]) == (3, 1, 3, 1)


def test_unreadable_file_is_a_rejected_row_and_the_rest_goes_on(home):
    """One bad file of twenty must not stop a scheduled run, nor be forgotten."""
    (home / "raw" / "reviews-3.csv.gz").write_bytes(b"this is no gzip file")
    (home / "cxnlp.toml").write_text(CONFIG.replace("reviews*.csv", "reviews*"), encoding="utf-8")
    lake, result, table = mine(home)
    assert table["kept"] == 3
    assert "unreadable_file" in lake.read("rejected")["reason"].tolist()
    assert any("reviews-3.csv.gz" in warning for warning in result["warnings"])


def test_forgotten_customer_is_gone_from_disk_and_stays_out(home):
    """The right to be forgotten covers history too, and the next export that still carries the customer."""
    lake, _, _ = mine(home)
    named = {
        "topic_id": "T0001",
        "level": "topic",
        "label_source": "machine",
        "label_fa": "غذا یخ کرده",
        "history": "[]",
    }
    lake.upsert("topics", pd.DataFrame([named | {"touchpoints": '{"delivery": 1.0}'}]))
    removed = maintenance.forget(load(home / "cxnlp.toml"), "C1", at=pd.Timestamp("2026-01-01", tz="UTC"), who="test")
    assert removed["feedback"] == 1
    lake, _, table = mine(home)
    assert (table["kept"], table["rejected"]) == (2, 2)
    write(home, "reviews-2.csv", [("9", "باز هم دیر رسید و سرد بود", "C1", "1404/04/02"), ("10", "Fine", "C8", "")])
    lake, _, table = mine(home)
    assert (table["read"], table["kept"], table["rejected"]) == (6, 3, 3)
    assert "C1" not in lake.read("feedback", ["customer_id"])["customer_id"].tolist()
    files = list((home / "lake").rglob("*.parquet"))
    assert not any("یخ کرده" in str(pq.read_table(p).to_pylist()) for p in files)


def test_old_texts_expire(home):
    """Retention is a promise about time, kept by `cxnlp maintain`."""
    text = CONFIG + "[privacy]\nretention_days = 30\nhistory_days = 0\n"
    (home / "cxnlp.toml").write_text(text, encoding="utf-8")
    mine(home)
    done = maintenance.maintain(load(home / "cxnlp.toml"), now=pd.Timestamp("2025-06-24", tz="UTC"))
    assert done["expired"]["feedback"] == 1  # 2 Khordad 1404 is 23 May 2025; 5 Khordad is younger than 30 days
    _, _, table = mine(home)
    assert (table["kept"], table["rejected"]) == (2, 2)
