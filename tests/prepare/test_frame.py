"""The stage as the pipeline calls it, the command as users do, and the cost of importing."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from cxnlp.config import Settings
from cxnlp.errors import ConfigError
from cxnlp.prepare import prepare
from cxnlp.prepare.commands import redact

INDEX = [7, 3, 5, 1]


def rows():
    return pd.DataFrame(
        {
            "feedback_id": ["1", "2", "3", "4"],
            "text": pd.Series(
                ["شماره‌م 09123456789 هست", None, "Great, mail a@b.co\ud800", "salam, bad bood"],
                dtype=object,
                index=INDEX,
            ),
            "attributes": ['{"city": "تهران", "tel": "02188776655"}', None, '{"plan": "gold"}', None],
            "customer_id": ["C1", None, "C2", "C1"],
        },
        index=INDEX,
    )


def test_the_stage():
    """Masked text, matching form, language and counts; the argument and the index untouched; writable as UTF-8."""
    given = rows()
    before = given.copy(deep=True)
    out = prepare(given, Settings())
    pd.testing.assert_frame_equal(given, before)
    assert list(out.index) == [7, 3, 5, 1]
    assert list(out["language"]) == ["fa", None, "en", "finglish"]
    assert out["text"].iloc[0] == "شماره‌م ⟨mobile⟩ هست" and json.loads(out["pii"].iloc[0]) == {"mobile": 1}
    assert out.iloc[1][["text", "normalized", "pii"]].isna().all()
    out["text"].iloc[2].encode("utf-8")
    assert json.loads(out["attributes"].iloc[0]) == {"city": "تهران", "tel": "⟨landline⟩"}
    assert list(out["customer_id"].fillna("")) == ["C1", "", "C2", "C1"]


def test_batches_do_not_matter():
    """f([a, b]) == f([a]) + f([b])."""
    whole = prepare(rows(), Settings())
    parts = pd.concat([prepare(rows().iloc[[i]], Settings()) for i in range(4)])
    pd.testing.assert_frame_equal(whole, parts)


def test_pseudonyms_are_keyed_and_the_same_for_the_same_customer(tmp_path):
    """Counting by customer still works; without the key nobody is traced back."""
    names = []
    for key in ("k" * 32, "l" * 32):
        (tmp_path / "key").write_text(key)
        settings = Settings.model_validate({"privacy": {"pseudonym_key_file": "key"}, "home": tmp_path})
        names.append(list(prepare(rows(), settings)["customer_id"]))
    first, second = names
    assert first[0] == first[3] != first[2] and first[1] is None and "C1" not in first[0] and first[0] != second[0]


@pytest.mark.parametrize("content", [None, "short"])
def test_missing_or_short_key_is_said(tmp_path, content):
    """A run with a weak key would look private and not be."""
    if content:
        (tmp_path / "key").write_text(content)
    settings = Settings.model_validate({"privacy": {"pseudonym_key_file": "key"}, "home": tmp_path})
    with pytest.raises(ConfigError, match="openssl rand"):
        prepare(rows(), settings)


def test_command_writes_one_line_per_row_as_the_contract_says(tmp_path):
    """Offsets are those of the text as given."""
    source, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    texts = ["زنگ بزنید ۰۹۱۲۳۴۵۶۷۸۹ لطفا", "all fine", ""]
    pd.DataFrame({"id": ["x", "y", "z"], "text": texts}).to_csv(source, index=False)
    redact(source, out)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["x", "y", "z"]
    assert lines[0] == {
        "id": "x",
        "text": "زنگ بزنید ⟨mobile⟩ لطفا",
        "pii": [{"kind": "mobile", "start": 10, "end": 21}],
    }
    assert lines[1]["pii"] == [] and lines[2]["text"] == ""


def test_import_is_cheap():
    """hazm alone takes seconds; importing the room must bring none of the heavy libraries."""
    heavy = ("hazm", "spacy", "torch", "pandas", "numpy", "nltk")
    code = f"import sys, cxnlp.prepare; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
