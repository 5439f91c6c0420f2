"""The reader behind `annotate` and `redact`: every row once, text untouched, clear errors."""

import json

import pandas as pd
import pytest

from cxnlp.errors import InputError
from cxnlp.tabular import json_line, read_rows

ROWS = [("a", "پیک دیر رسید،\nولی غذا داغ بود"), ("b", 'He said "fine", then left'), ("c", ""), ("d", "NA")]


def write(folder, suffix):
    path = folder / f"rows{suffix}"
    frame = pd.DataFrame(ROWS, columns=["id", "text"])
    if suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    elif suffix == ".tsv":
        frame.to_csv(path, index=False, sep="\t", encoding="utf-16")
    elif suffix == ".jsonl":
        path.write_text("".join(json_line(r) for r in frame.to_dict("records")) + "\n", encoding="utf-8")
    elif suffix == ".xlsx":
        frame.to_excel(path, index=False, engine="xlsxwriter")
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".xlsx", ".parquet"])
@pytest.mark.parametrize("size", [3, 4096])
def test_every_row_once_in_order_with_its_text_untouched(tmp_path, suffix, size):
    """Offsets refer to the text as given, so quotes, newlines, empty texts and the word NA must come through."""
    frame = pd.concat(read_rows(write(tmp_path, suffix), size=size))
    assert list(zip(frame["id"], frame["text"], strict=True)) == ROWS


def test_positions_are_ids_where_there_are_none(tmp_path):
    """The contract gives every output row an id, also across chunks."""
    path = tmp_path / "x.csv"
    path.write_text("comment;score\nخوب بود;5\nbad;1\nok;3\n", encoding="utf-8")
    chunks = list(read_rows(path, "comment", size=2))
    assert [list(c["id"]) for c in chunks] == [["1", "2"], ["3"]]
    assert chunks[0]["text"][0] == "خوب بود"


def test_numbers_and_surrogates_in_json(tmp_path):
    """A number in the text field is text; a lone surrogate neither crashes the reader nor the writer."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 7, "text": 5}\n{"id": null, "text": "a\\ud800b"}\n{"id": 9}\n', encoding="utf-8")
    (frame,) = read_rows(path)
    assert list(frame["id"]) == ["7", None, "9"]
    assert list(frame["text"]) == ["5", "a\ud800b", None]
    assert json.loads(json_line({"text": frame["text"][1]})) == {"text": "a\ud800b"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.csv", b"a,b\n1,2\n", "--text-column"),
        ("x.jsonl", b'{"a": 1}\n', "--text-column"),
        ("x.jsonl", b'{"text": \n', "line 1"),
        ("x.jsonl", b"[1]\n", "line 1"),
        ("x.csv", "text\nخوب".encode("windows-1256"), "UTF-8"),
        ("x.parquet", b"nothing of the kind", "x.parquet"),
        ("x.xlsx", b"nothing of the kind", "x.xlsx"),
        ("x.docx", b"", "suffix"),
    ],
)
def test_users_mistakes_end_in_one_clear_sentence(tmp_path, name, content, says):
    """No traceback for a wrong file: one sentence that names the file and what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        list(read_rows(tmp_path / name))
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_missing_file(tmp_path):
    """The commonest mistake of all."""
    with pytest.raises(InputError, match="no file"):
        list(read_rows(tmp_path / "x.csv"))
