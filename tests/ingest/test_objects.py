"""JSON, JSON Lines and Parquet: nested fields, absent fields, broken lines."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.errors import ConfigError, CxnlpError, InputError
from tests.ingest.folder import TEXTS, read, read_bytes

COLUMNS = {"text": "review.body", "id": "id", "rating": "review.stars", "customer_id": "users.0.id"}
RECORDS = [
    {"id": 1, "review": {"body": TEXTS[0], "stars": 2}, "users": [{"id": "u1"}]},
    {"id": 2, "review": {"body": TEXTS[1]}},
    {"id": 3, "review": None},
]


@pytest.mark.parametrize(
    ("name", "data", "source"),
    [
        ("a.json", json.dumps(RECORDS), {}),
        ("a.json", json.dumps({"exported": "today", "items": RECORDS}, ensure_ascii=False), {}),
        ("a.json", json.dumps({"data": {"items": RECORDS}, "more": []}), {"records": "data.items"}),
        ("a.jsonl", "\n".join(map(json.dumps, RECORDS)) + "\n\n", {}),
    ],
)
def test_nested_fields(tmp_path, name, data, source):
    """Dotted paths reach into objects and lists; an absent field is null, absent text is rejected."""
    kept, rejected = read_bytes(tmp_path, name, data, columns=COLUMNS, **source)
    assert kept["text"].tolist() == TEXTS[:2]
    assert kept["rating"].tolist()[0] == 2
    assert kept["customer_id"].isna().tolist() == [False, True]
    assert rejected["reason"].tolist() == ["empty_text"]
    assert rejected["row"].tolist() == [3]


def test_broken_lines(tmp_path):
    """A line that is no JSON object costs one record."""
    lines = [json.dumps({"t": TEXTS[0]}), '{"t": "cut off', "[1, 2]", "", json.dumps({"t": TEXTS[3]}), '{"t": 1}' * 2]
    kept, rejected = read_bytes(tmp_path, "a.jsonl", "\n".join(lines), columns={"text": "t"})
    assert kept["row"].tolist() == [1, 5]
    assert rejected["reason"].tolist() == ["broken_row", "broken_row", "empty_text", "broken_row"]


def test_parquet(tmp_path):
    """Typed columns: naive times are in the source's zone, structs are reached by paths."""
    frame = pd.DataFrame(
        {"t": TEXTS, "at": [datetime(2025, 6, 1, 12)] * 6, "by": [{"id": f"u{i}"} for i in range(6)], "n": range(6)}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    kept, _ = read(tmp_path, batch=4, timezone="UTC", columns={"text": "t", "created_at": "at", "customer_id": "by.id"})
    assert kept["text"].tolist() == TEXTS
    assert kept["created_at"].dt.hour.unique().tolist() == [12]
    assert kept["customer_id"].tolist() == [f"u{i}" for i in range(6)]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", '{"items": [1', "not valid JSON in line 1"),
        ("a.json", '{"a": [], "b": []}', "records"),
        ("a.json", "[" * 100_000, "JSON"),
        ("a.json", "5", "records"),
        ("a.jsonl", '{"text": "hi"}\n', "no column 't'; it has 'text'"),
        ("a.parquet", b"PAR1 not really", "not a readable Parquet file"),
    ],
)
def test_errors(tmp_path, name, data, message):
    """What cannot be read is one sentence that names the file."""
    with pytest.raises((InputError, ConfigError), match=message) as caught:
        read_bytes(tmp_path, name, data, columns={"text": "t"})
    assert name in str(caught.value)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(alphabet=st.characters())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "x", "id"]), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=100)
@given(st.lists(json_values, max_size=8))
def test_any_json(found):
    """Any JSON values as records: read or refused in one sentence; counts add up (checked by `read`)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            kept, rejected = read_bytes(Path(folder), "a.json", json.dumps(found), columns={"text": "t", "id": "id"})
            assert len(kept) + len(rejected) == len(found)
        except CxnlpError as error:
            assert "no column" in str(error)
