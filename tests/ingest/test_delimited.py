"""CSV as the world writes it: encodings, delimiters, broken rows that leave their neighbours alone."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.errors import ConfigError, CxnlpError, InputError
from tests.ingest.folder import TEXTS, read_bytes

COLUMNS = {"text": "body", "id": "id", "rating": "stars", "created_at": "at", "customer_id": "user"}
HEADER = "id,user,body,stars,at\r\n"


def rows(count: int, start: int = 0) -> str:
    return "".join(
        f'r:{i},u{i * 7},"{TEXTS[i % 6]}, no. {i}",{i % 5 + 1},2025-03-{i % 28 + 1:02} 10:{i % 60:02}\r\n'
        for i in range(start, start + count)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_encodings(tmp_path, encoding):
    """Every Unicode form, with a mark or without, is recognised."""
    kept, rejected = read_bytes(tmp_path, "a.csv", (HEADER + rows(30)).encode(encoding), columns=COLUMNS)
    assert kept["text"].tolist() == [f"{TEXTS[i % 6]}, no. {i}" for i in range(30)]
    assert rejected.empty


def test_windows_1256(tmp_path):
    """Persian in windows-1256 with Arabic ي ك: recognised; headers and cities match what users write in Unicode."""
    lines = ["رديف;شعبه;نظر"] + [f"{i};شيراز;كيفيت غذا خوب بود ولي پيك دير رسيد {i}" for i in range(9)]
    data = "\r\n".join(lines).replace("ك", "ک").encode("cp1256")
    kept, _ = read_bytes(tmp_path, "a.csv", data, columns={"text": "نظر", "id": "ردیف", "attributes": ["شعبه"]})
    assert len(kept) == 9
    assert kept["text"][0] == "کيفيت غذا خوب بود ولي پيک دير رسيد 0"
    assert kept["attributes"][0] == '{"شعبه": "شیراز"}'


@pytest.mark.parametrize(
    ("data", "configured"),
    [
        ((HEADER + rows(20)).encode("utf-8"), "windows-1256"),
        ("id,body\n1,چرا پيک دير کرد\n2,گاز نداشت و ژله آب شد\n".encode("cp1256"), "utf-8"),
        ((HEADER + rows(20)).encode("utf-16"), "utf-8"),
        (b"id,body\n1,fine\n", "klingon"),
    ],
)
def test_wrong_encoding_is_one_sentence(tmp_path, data, configured):
    """A wrong `encoding` would store rubbish: the error says what fits."""
    with pytest.raises(InputError, match=r"encoding|remove"):
        read_bytes(tmp_path, "a.csv", data, encoding=configured, columns={"text": "body"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    """The delimiter is the one that gives the mapped columns."""
    data = delimiter.join(["id", "body"]) + "\n" + delimiter.join(["1", "سلام, خوب; بود"]) + "\n"
    kept, _ = read_bytes(
        tmp_path, "a.txt", data.replace("سلام, خوب; بود", '"سلام, خوب; بود"'), columns={"text": "body"}
    )
    assert kept["text"].tolist() == ["سلام, خوب; بود"]


def test_title_rows_and_header_again(tmp_path):
    """Titles above the header are no records; a header repeated by joined exports is no message."""
    kept, rejected = read_bytes(
        tmp_path, "a.csv", "Export of 2025\r\n\r\n" + HEADER + rows(12) + HEADER + rows(3, 12), columns=COLUMNS
    )
    assert len(kept) == 15
    assert kept["row"].tolist()[:2] == [4, 5]
    assert rejected["reason"].tolist() == ["not_a_message"]


BROKEN = {
    "unclosed": ('r:bad,"never closed\r\n', "broken_row"),
    "unclosed in text": ('r:100,u700,"never closed,5,2025-03-01 10:00\r\n', None),
    "unclosed, short": ('r:100,u700,"never closed\r\n', "broken_row"),
    "too few": ("r:100,u700\r\n", "broken_row"),
    "too many": ("r:100,u700,nice, fast, cheap,5,2025-03-01 10:00\r\n", None),
    "inner quotes": ('r:100,u700,"she said "hi" and left",5,2025-03-01 10:00\r\n', None),
    "line break outside quotes": ("r:100,u700,good\nbut late,5,2025-03-01 10:00\r\n", None),
    "nul": ("r:100,u700,\0,,2025-03-01 10:00\r\n", "empty_text"),
    "separators only": (",,,,\r\n", "empty_text"),
    "blank": ("\r\n", "empty_text"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("tail", ["quoted", "plain with a quote at the end"])
def test_a_broken_row_leaves_its_neighbours(tmp_path, name, tail):
    """Before and after a broken row every row survives, word for word; the broken one is mended or rejected."""
    broken, reason = BROKEN[name]
    after = rows(20, 20) if tail == "quoted" else 'r:50,u9,my screen is 5",4,2025-03-01 10:00\r\n' + rows(20, 20)
    kept, rejected = read_bytes(tmp_path, "a.csv", HEADER + rows(20) + broken + after, columns=COLUMNS)
    ids = [i for i in kept["external_id"] if i not in ("r:100", "r:50")]
    assert ids == [f"r:{i}" for i in range(40)]
    assert rejected["reason"].tolist() == ([reason] if reason else [])
    if reason is None:
        assert kept.set_index("external_id").loc["r:100", "rating"] == 5
        assert "_row_mended" in kept.set_index("external_id").loc["r:100", "attributes"]


@pytest.mark.parametrize("data", ["id,body", "id,body\n", "id,body\n1,خوب\n", "id,body\n1,خوبه"])
def test_small_files(tmp_path, data):
    """A header alone is a file of no rows; the last line counts with and without a line end."""
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns={"text": "body", "id": "id"})
    assert len(kept) == data.count("خوب")
    assert rejected.empty


def test_line_breaks_in_quotes(tmp_path):
    """A text of many lines is one row, also where a line of it looks like a list with numbers."""
    text = "Three things:\n1, it is slow\n2, it is dear\n\n3, پشتیبانی جواب نمی‌ده"
    data = HEADER + rows(15) + f'r:99,u1,"{text}",2,2025-03-01 10:00\r\n' + rows(5, 15)
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns=COLUMNS)
    assert kept.set_index("external_id").loc["r:99", "text"] == text
    assert len(kept) == 21
    assert rejected.empty


def test_spaces_around_quotes(tmp_path):
    """Some writers put a space after the comma, so that quotes don't begin their cells."""
    data = "id, body, stars\n" + "".join(f'{i}, "{TEXTS[i % 6]}, no. {i}", 5\n' for i in range(20))
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns={"text": "body", "rating": "stars", "id": "id"})
    assert kept["text"].tolist() == [f"{TEXTS[i % 6]}, no. {i}" for i in range(20)]
    assert rejected.empty


def test_encoding_that_shows_late(tmp_path):
    """A long file may begin with a megabyte of English before the first Persian letter."""
    start = "id;body\n" + "".join(f"{i};{TEXTS[1]} {i}\n" for i in range(16_000))
    data = start.encode() + "".join(f"{i};پيک خيلي دير رسيد {i}\n" for i in range(20)).encode("cp1256")
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns={"text": "body"})
    assert kept["text"].iloc[-1] == "پيک خيلي دير رسيد 19"
    assert rejected.empty


def test_undecodable_bytes(tmp_path):
    """One damaged row among good UTF-8 is rejected as such, with what is readable of it."""
    data = (HEADER + rows(60)).encode().replace(b'no. 7"', b'no. \xff7"')
    kept, rejected = read_bytes(tmp_path, "a.csv", data, columns=COLUMNS)
    assert len(kept) == 59
    assert rejected["reason"].tolist() == ["bad_encoding"]
    assert "\ufffd7" in rejected["raw"][0]


def test_missing_column(tmp_path):
    """A mapped column that is absent: the sentence names it, what is there, and the closest."""
    with pytest.raises(ConfigError, match=r"no column 'bodi' \(did you mean 'body'\?\); it has 'id', 'user', 'body'"):
        read_bytes(tmp_path, "a.csv", HEADER + rows(3), columns={"text": "bodi"})


def test_notes_for_what_cannot_be_read(tmp_path):
    """An impossible date or score is null, and the row says what stood there."""
    kept, _ = read_bytes(tmp_path, "a.csv", HEADER + "r:1,u1,خوب بود,eleven,31 مهر 1404\n", columns=COLUMNS)
    assert kept["created_at"].isna().all()
    assert kept["rating"].isna().all()
    assert kept["attributes"][0] == '{"_date_unread": "31 مهر 1404", "_rating_unread": "eleven"}'


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=30)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(cells, cells.filter(str.strip)), min_size=1, max_size=30))
def test_round_trip(table):
    """Whatever a csv writer writes comes back: each record is a row with its text, or a repetition or blank."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "body"])
    writer.writerows(table)
    with tempfile.TemporaryDirectory() as folder:
        kept, rejected = read_bytes(
            Path(folder), "a.csv", out.getvalue(), encoding="utf-8", columns={"text": "body", "attributes": ["name"]}
        )
    assert len(kept) + len(rejected) == len(table)
    assert set(rejected["reason"]) <= {"repeated_row", "empty_text", "not_a_message"}


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from([",", '"', "\n", "\r\n", "a", "5", "سلام", "\0", "id,body", "\xff"]), max_size=60).map(
            lambda parts: "".join(parts).encode("latin-1", "ignore")
        ),
    )
)
def test_any_bytes(data):
    """Any bytes are read, or refused in one sentence; counts add up (checked by `read`)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            read_bytes(Path(folder), "a.csv", b"id,body\n" + data, columns={"text": "body", "id": "id"})
        except CxnlpError as error:
            assert str(error)
