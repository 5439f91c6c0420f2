"""The lake: atomic, keyed, one writer at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cxnlp import tables
from cxnlp.errors import LakeError
from cxnlp.lake import Lake


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def mentions(*ids: str, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"mention_id": list(ids), "quote": [f"نقل‌قول {i}" for i in ids], **columns})


def test_rows_come_back_by_key_with_missing_as_null(lake):
    """Readers rely on a fixed order and on null, never on 0 or '' for what is missing."""
    lake.append("mentions", mentions("b", "a", severity=[None, 2]))
    frame = lake.read("mentions", ["mention_id", "severity", "touchpoint"])
    assert frame["mention_id"].tolist() == ["a", "b"]
    assert frame["severity"].tolist()[0] == 2
    assert frame["severity"].isna().tolist() == [False, True]
    assert frame["touchpoint"].isna().all()


def test_upsert_replaces_and_adds(lake):
    """A changed row replaces its old self and is never doubled."""
    lake.append("mentions", mentions("a", "b"))
    lake.upsert("mentions", mentions("b", "c", kind="pain"))
    frame = lake.read("mentions", ["mention_id", "kind"])
    assert frame["mention_id"].tolist() == ["a", "b", "c"]
    assert frame["kind"].fillna("").tolist() == ["", "pain", "pain"]


def test_update_touches_only_the_given_columns(lake):
    """Topics are assigned on mentions without rewriting what the model said."""
    lake.append("mentions", mentions("a", "b", kind="pain"))
    lake.update("mentions", pd.DataFrame({"mention_id": ["b", "nobody"], "topic_id": ["T0001", "T0002"]}))
    frame = lake.read("mentions")
    assert len(frame) == 2
    assert frame["topic_id"].fillna("").tolist() == ["", "T0001"]
    assert frame["kind"].tolist() == ["pain", "pain"]
    assert frame["quote"].iloc[0] == "نقل‌قول a"


def test_delete_by_values_and_by_equality(lake):
    """Names of files may hold quotes; deletion must not be fooled by them."""
    rows = pd.DataFrame({"rejected_id": ["1", "2", "3"], "source": "s", "file": ["it's.csv", "b.csv", "b.csv"]})
    lake.append("rejected", rows)
    lake.delete_where("rejected", {"source": "s", "file": "it's.csv"})
    assert lake.read("rejected")["rejected_id"].tolist() == ["2", "3"]
    lake.delete("rejected", "rejected_id", ["3"])
    assert lake.read("rejected")["rejected_id"].tolist() == ["2"]


def test_old_states_stay_readable(lake):
    """An old report is reproducible by time travel."""
    lake.append("mentions", mentions("a"))
    version = lake.version("mentions")
    lake.overwrite("mentions", mentions("b"))
    assert lake.read("mentions", ["mention_id"], version=version)["mention_id"].tolist() == ["a"]
    assert lake.read("mentions", ["mention_id"])["mention_id"].tolist() == ["b"]


def test_undeclared_columns_are_refused(lake):
    """A column that tables.py does not know is a mistake of ours, not a silent loss."""
    with pytest.raises(ValueError, match="no column"):
        lake.append("mentions", mentions("a", surprise=1))


def test_second_writer_is_told_to_wait(lake):
    """Two runs at once must not double rows."""
    with lake.lock(), pytest.raises(LakeError, match="another run"), Lake(lake.path).lock():
        pass


def test_sql_over_the_tables(lake):
    """BI people ask SQL."""
    lake.append("mentions", mentions("a", "b"))
    assert lake.sql("select count(*) as n from mentions")["n"].item() == 2


def test_reading_before_the_first_run_says_what_to_do(lake):
    """Commands that read a lake must not end in a traceback on an empty folder."""
    with pytest.raises(LakeError, match="cxnlp run"):
        lake.require()


def test_empty_tables_can_be_merged(lake):
    """A first export may hold no text at all; the report must say so, not break."""
    found, topics = lake.read("insights"), lake.read("topics").set_index("topic_id")[["label_fa"]]
    assert found.merge(topics, left_on="topic_id", right_index=True, how="left").empty


def test_filters_work_after_a_merge(tmp_path: Path) -> None:
    """After an update deltalake's statistics are string_view, which pyarrow refuses to compare: nothing was found."""
    lake = Lake(tmp_path)
    rows = [("a", "پیک دیر رسید"), ("b", "The courier was late")]
    lake.append("feedback", pd.DataFrame(rows, columns=["feedback_id", "text"]))
    lake.update("feedback", pd.DataFrame([{"feedback_id": "a", "sentiment": "neg"}]))
    assert lake.read("feedback", ["text"], where=pc.field("feedback_id") == "a")["text"].tolist() == [rows[0][1]]
    assert lake.read("feedback", ["text"], where=pc.field("feedback_id").isin(["b"]))["text"].tolist() == [rows[1][1]]
    assert lake.sql("SELECT text FROM feedback WHERE sentiment = 'neg'")["text"].tolist() == [rows[0][1]]


def test_a_filter_is_met_in_every_file_and_may_find_nothing(lake):
    """One customer of a large lake is looked up batch by batch: rows of all files, in order, and none is an answer."""
    assert lake.read("mentions", where=pc.field("kind") == "pain").empty
    for part in ("dc", "ba"):
        lake.append("mentions", mentions(*part, kind=["pain", "praise"], severity=[3, None]))
    found = lake.read("mentions", ["mention_id"], where=(pc.field("kind") == "pain") & (pc.field("severity") > 2))
    assert found["mention_id"].tolist() == ["b", "d"]
    nothing = lake.read("mentions", where=pc.field("kind") == "question")
    assert nothing.empty and nothing.columns.tolist() == tables.SCHEMAS["mentions"].names


def test_a_table_of_an_earlier_version_gets_the_columns_declared_since(tmp_path: Path, monkeypatch) -> None:
    """An upgrade must not ask people to mine everything again."""
    whole = tables.SCHEMAS["corrections"]
    early = pa.schema([field for field in whole if field.name != "changes"])
    monkeypatch.setitem(tables.SCHEMAS, "corrections", early)
    Lake(tmp_path).append("corrections", pd.DataFrame([{"correction_id": "1", "who": "سارا"}]))
    old = Lake(tmp_path).version("corrections")
    monkeypatch.setitem(tables.SCHEMAS, "corrections", whole)
    Lake(tmp_path).upsert("corrections", pd.DataFrame([{"correction_id": "2", "who": "Tom", "changes": "[]"}]))
    assert Lake(tmp_path).read("corrections")["changes"].fillna("–").tolist() == ["–", "[]"]
    assert Lake(tmp_path).read("corrections", version=old)["changes"].isna().tolist() == [True]


def test_reads_the_state_of_an_instant(tmp_path: Path) -> None:
    """An old report can be made again as it was."""
    lake = Lake(tmp_path)
    lake.append("feedback", pd.DataFrame([{"feedback_id": "a", "text": "گران بود"}]))
    then = datetime.now(UTC)
    lake.upsert("feedback", pd.DataFrame([{"feedback_id": "a", "text": "It was dear"}]))
    assert Lake(tmp_path, at=then).read("feedback")["text"].tolist() == ["گران بود"]
    assert lake.read("feedback")["text"].tolist() == ["It was dear"]


def test_the_log_of_a_table_holds_no_words(tmp_path):
    """Delta's log keeps the least and the greatest value of a column: words that `cxnlp forget` would not reach."""
    lake = Lake(tmp_path)
    rows = pd.DataFrame({"feedback_id": ["a"], "text": ["پیک دیر رسید"], "customer_id": ["Sara-17"]})
    lake.append("feedback", rows)
    lake.upsert("feedback", rows.assign(text="The courier was late"))
    logged = "".join(p.read_text("utf-8") for p in (tmp_path / "feedback" / "_delta_log").glob("*.json"))
    assert not [words for words in ("پیک", "courier", "Sara-17") if words in logged]
