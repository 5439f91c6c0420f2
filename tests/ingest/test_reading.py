"""Nothing lost, nothing doubled within a file; the same file gives the same rows."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp import ingest, tables
from cxnlp.errors import InputError
from tests.ingest.folder import TEXTS, read, read_bytes
from tests.ingest.folder import settings as configured

COLUMNS = {"text": "body", "id": "id", "rating": "stars"}


def test_repeated_ids(tmp_path):
    """The same id with the same content is a repetition; with other content both are kept under keys of their own."""
    data = f"id,body,stars\n1,{TEXTS[0]},2\n1,{TEXTS[0]},2\n1,{TEXTS[1]},5\n1,{TEXTS[1]},5\n2,{TEXTS[0]},2\n"
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns=COLUMNS)
    assert kept["row"].tolist() == [2, 4, 6]
    assert rejected["row"].tolist() == [3, 5]
    assert set(rejected["reason"]) == {"repeated_row"}


def test_rows_without_ids(tmp_path):
    """Without ids equal content is a repetition, and the key does not depend on file or place."""
    data = f"body,stars\n{TEXTS[2]},5\n{TEXTS[2]},5\n{TEXTS[2]},4\n"
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns={"text": "body", "rating": "stars"})
    assert len(kept) == 2
    assert rejected["reason"].tolist() == ["repeated_row"]
    (tmp_path / "a.csv").unlink()
    moved, _ = read_bytes(
        tmp_path, "b.csv", f"body,stars\nx,1\n{TEXTS[2]},4\n", columns={"text": "body", "rating": "stars"}
    )
    assert moved["feedback_id"][1] == kept["feedback_id"][1]


def test_changed_row_keeps_its_key(tmp_path):
    """An edited review is the same row with another content hash."""
    before, _ = read_bytes(tmp_path, "a.csv", f"id,body,stars\n1,{TEXTS[0]},2\n", columns=COLUMNS)
    after, _ = read_bytes(tmp_path, "a.csv", f"id,body,stars\n1,{TEXTS[0]},3\n", columns=COLUMNS)
    assert before["feedback_id"][0] == after["feedback_id"][0]
    assert before["content_hash"][0] != after["content_hash"][0]


@pytest.mark.parametrize("batch", [1, 7, 4096])
def test_batches(tmp_path, batch):
    """The size of batches changes nothing; frames conform to the declared tables, empty ones too."""
    data = "id,body,stars\n" + "".join(f"{i % 40},{TEXTS[i % 6]},{i % 5}\n" for i in range(60))
    (tmp_path / "a.csv").write_text(data, encoding="utf-8")
    kept, rejected = read(tmp_path, batch=batch, columns=COLUMNS)
    assert len(kept) + len(rejected) == 60
    assert (kept["feedback_id"] + kept["content_hash"]).is_unique
    loaded = configured(tmp_path, batch, columns=COLUMNS)
    for part in ingest.read(ingest.discover(loaded).files[0], loaded):
        assert tables.conform(part.feedback, "feedback").num_rows == len(part.feedback)
        assert tables.conform(part.rejected, "rejected").num_rows == len(part.rejected)
    one, _ = read(tmp_path, columns=COLUMNS)
    pd.testing.assert_frame_equal(kept, one)


def test_values_of_the_source(tmp_path):
    """Missing values, recommendations, stages, constants and flipped effort scores as the configuration says."""
    rows = [
        {"body": TEXTS[0], "stars": "0.0", "rec": "nope", "st": "Checkout", "ease": 2, "city": "شيراز", "no": "x"},
        {"body": TEXTS[1], "stars": "۴", "rec": "Sure", "st": "loyalty", "ease": 9, "city": "", "no": "x"},
        {"body": "-", "stars": "0", "rec": "?", "st": "Elsewhere", "ease": None, "city": "قم", "no": "x"},
        {"body": TEXTS[3], "stars": 5, "rec": "?", "st": "Elsewhere", "ease": None, "city": "قم", "no": "x"},
    ]
    kept, rejected = read_bytes(
        tmp_path,
        "a.json",
        json.dumps(rows),
        columns={
            "text": "body",
            "rating": "stars",
            "recommended": "rec",
            "stage": "st",
            "ces": "ease",
            "attributes": ["city"],
        },
        constants={"channel": "survey", "brand": "Armind", "wave": "2025"},
        ces_higher_is_easier=False,
        values={
            "missing": {"rating": ["0"], "text": ["-"]},
            "recommended": {"sure": True, "nope": False},
            "stage": {"checkout": "action"},
        },
    )
    assert kept["rating"].isna().tolist() == [True, False, False]
    assert kept["recommended"].tolist()[:2] == [False, True]
    assert kept["source_stage"].tolist()[:2] == ["action", "loyalty"]
    assert kept["ces"].tolist()[0] == 6
    assert kept["ces"].isna().tolist() == [False, True, True]
    assert kept[["channel", "brand", "role"]].drop_duplicates().values.tolist() == [["survey", "Armind", "customer"]]
    assert json.loads(kept["attributes"][0]) == {"wave": "2025", "city": "شیراز"}
    assert json.loads(kept["attributes"][1]) == {"wave": "2025", "_ces_unread": "9"}
    assert json.loads(kept["attributes"][2]) == {
        "wave": "2025",
        "city": "قم",
        "_recommended_unread": "?",
        "_stage_unread": "Elsewhere",
    }
    assert rejected["reason"].tolist() == ["empty_text"]


def test_unreadable_file_as_a_row(tmp_path):
    """A run can go on without a file that cannot be opened, and the reason is stored."""
    (tmp_path / "a.parquet").write_bytes(b"nothing")
    loaded = configured(tmp_path, columns={"text": "body"})
    file = ingest.discover(loaded).files[0]
    with pytest.raises(InputError) as caught:
        list(ingest.read(file, loaded))
    batch = ingest.unreadable(file, caught.value)
    assert batch.rejected["reason"].tolist() == ["unreadable_file"]
    assert batch.rejected["row"].isna().all()
    assert batch.feedback.empty


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*TEXTS, "", " "])), max_size=25))
def test_counts_add_up(tmp_path_factory, table):
    """Whatever repeats, each distinct (id, text) is kept exactly once and every record is accounted for."""
    folder = tmp_path_factory.mktemp("raw")
    data = json.dumps([{"id": i, "body": t} for i, t in table])
    kept, rejected = read_bytes(folder, "a.json", data, columns={"text": "body", "id": "id"}) if table else ([], [])
    assert len(kept) == len({(i, t) for i, t in table if t.strip()})
    assert len(kept) + len(rejected) == len(table)
