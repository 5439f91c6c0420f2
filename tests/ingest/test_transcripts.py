"""Conversations: turns in order, with their roles, from JSON, labelled text and captions."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.errors import ConfigError, CxnlpError, InputError
from tests.ingest.folder import TEXTS, read_bytes

COLUMNS = {
    "turns": "turns",
    "text": "text",
    "role": "role",
    "created_at": "at",
    "conversation_id": "id",
    "customer_id": "customer",
    "csat": "csat",
}
TALK = {
    "id": "T1",
    "customer": "C7",
    "csat": 2,
    "turns": [
        {"role": "کارشناس", "at": "2025-05-01T10:00:00Z", "text": "بفرمایید"},
        {"role": "customer", "at": "2025-05-01T10:01:00Z", "text": TEXTS[0]},
        {"role": "Bot", "at": "2025-05-01T10:02:00Z", "text": "Rate us!"},
        {"role": "USER", "at": "2025-05-01T10:03:00Z", "text": TEXTS[1]},
        {"role": "customer", "at": "2025-05-01T10:04:00Z", "text": " "},
        "not a turn",
    ],
}
CALLS = """Calls of March

تماس: 1403/12/20 10:22
مشتری: C-77
کارشناس: رضایی
مدت: ۱۲:۰۳

کارشناس: سلام، بفرمایید.
مشتری: سلام، بسته‌م نرسیده.
قرار بود دوشنبه بیاد: هنوز خبری نیست.
(موسیقی انتظار)
کارشناس: پیگیری می‌کنم.
مشتری: 5 روزه همینو میگین
----------------------------------------
تماس: ۱۴۰۳/۱۲/۲۱ ۰۹:۰۰
مشتری: C-78

کارشناس: سلام
مشتری: 12

Call: 2025-03-12 11:30
Customer ID: C-79

Agent: Good morning.
John: My app keeps crashing.
Agent: Which version?
John: The newest.
"""


@pytest.mark.parametrize(("name", "wrap"), [("a.json", {"exported": 1}), ("a.jsonl", None)])
def test_json_turns(tmp_path, name, wrap):
    """A turn is a row; what belongs to the conversation stands on the customer's turns, agents have no scores."""
    data = json.dumps(TALK if wrap is None else {**wrap, "conversations": [TALK]}, ensure_ascii=False)
    kept, rejected = read_bytes(tmp_path, name, data, kind="transcript", columns=COLUMNS)
    assert kept["role"].tolist() == ["agent", "customer", "bot", "customer"]
    assert kept["turn"].tolist() == [1, 2, 3, 4]
    assert kept["external_id"].tolist() == ["T1:1", "T1:2", "T1:3", "T1:4"]
    assert kept["customer_id"].tolist() == ["C7"] * 4
    assert kept["csat"].isna().tolist() == [True, False, True, False]
    assert rejected["reason"].tolist() == ["empty_text", "broken_row"]


def test_conversations_without_turns(tmp_path):
    """A record that is no conversation costs one row, whatever it is."""
    data = json.dumps([TALK, {"id": "T2"}, 5, {"turns": "none"}])
    kept, rejected = read_bytes(tmp_path, "a.json", data, kind="transcript", columns=COLUMNS)
    assert len(kept) == 4
    assert rejected["reason"].tolist().count("broken_row") == 4


def test_needed_columns(tmp_path):
    """JSON turns can't be found without being named: the error says what to add."""
    with pytest.raises(ConfigError, match="needs turns"):
        read_bytes(tmp_path, "a.json", json.dumps([TALK]), kind="transcript", columns={"text": "text"})


def test_turn_per_row(tmp_path):
    """A table with a turn per row: turns are counted per conversation, agents named in the configuration."""
    data = "chat,who,said\nA,Sam,Hello\nB,Sam,سلام\nA,Mina,پولم رو پس بدید\nA,Sam,Sure\n"
    columns = {"text": "said", "role": "who", "conversation_id": "chat"}
    kept, _ = read_bytes(tmp_path, "a.csv", data, kind="transcript", columns=columns, agents=["Sam"])
    assert kept["turn"].tolist() == [1, 1, 2, 3]
    assert kept["role"].tolist() == ["agent", "agent", "customer", "agent"]


def test_labelled_text(tmp_path):
    """Nobody says a header: «مشتری: C-77» is one, «مشتری: 12» after a blank line is a turn."""
    kept, rejected = read_bytes(tmp_path, "a.txt", CALLS, kind="transcript", columns={"attributes": ["مدت"]})
    first = kept[kept["customer_id"] == "C-77"]
    assert first["role"].tolist() == ["agent", "customer", "agent", "customer"]
    assert first["text"].tolist()[1] == "سلام، بسته‌م نرسیده.\nقرار بود دوشنبه بیاد: هنوز خبری نیست."
    assert str(first["created_at"].iloc[0]) == "2025-03-10 06:52:00+00:00"
    assert first["attributes"].iloc[0] == '{"مدت": "۱۲:۰۳"}'
    assert kept[kept["customer_id"] == "C-78"]["text"].tolist() == ["سلام", "12"]
    assert kept[kept["customer_id"] == "C-79"]["role"].tolist() == ["agent", "customer"] * 2
    assert kept["conversation_id"].nunique() == 3
    assert rejected["raw"].tolist() == ["Calls of March", "(موسیقی انتظار)"]
    assert set(rejected["reason"]) == {"not_a_message"}


def test_conversations_without_ids(tmp_path):
    """They are known by what is said in them: another file name changes nothing, a common greeting joins nothing."""
    talks = ["Agent: Hi\nCustomer: It broke\n", "Agent: Hi\nCustomer: دیر رسید\n"]
    kept, rejected = read_bytes(tmp_path, "a.txt", "-----\n".join([*talks, talks[0]]), kind="transcript")
    assert kept["text"].tolist() == ["Hi", "It broke", "Hi", "دیر رسید"]
    assert kept["conversation_id"].nunique() == 2
    assert rejected["reason"].tolist() == ["repeated_row"] * 2
    (tmp_path / "a.txt").unlink()
    moved, _ = read_bytes(tmp_path, "b.txt", talks[1], kind="transcript")
    assert moved["feedback_id"].tolist() == kept["feedback_id"].tolist()[2:]


VTT = """WEBVTT

1
00:00:01.000 --> 00:00:03.000
<v Agent>Hello,
how can I help?</v>

00:00:04.000 --> 00:00:05.000
Customer: سلام

00:00:06.000 --> 00:00:07.000
اینترنتم قطعه

00:07 --> later
lost

00:00:08.000 --> 00:00:09.000
Agent: One moment
"""


def test_captions(tmp_path):
    """Cues of one speaker in a row are one turn; a malformed cue is rejected, not forgotten."""
    kept, rejected = read_bytes(tmp_path, "a.vtt", VTT, kind="transcript")
    assert kept["text"].tolist() == ["Hello,\nhow can I help?", "سلام\nاینترنتم قطعه", "One moment"]
    assert kept["role"].tolist() == ["agent", "customer", "agent"]
    assert rejected["raw"].tolist() == ["00:07 --> later"]


def test_subtitles(tmp_path):
    """SRT has commas in its times and no voices."""
    data = "1\n00:00:01,000 --> 00:00:03,000\nکارشناس: سلام\n\n2\n00:00:04,000 --> 00:00:05,000\nمشتری: دیر رسید\n"
    kept, rejected = read_bytes(tmp_path, "a.srt", data, kind="transcript")
    assert kept["role"].tolist() == ["agent", "customer"]
    assert rejected.empty


def test_no_captions(tmp_path):
    """A file that only has the suffix."""
    with pytest.raises(InputError, match="not a valid VTT file"):
        read_bytes(tmp_path, "a.vtt", "hello", kind="transcript")


pieces = st.sampled_from(
    [
        "Agent: ",
        "مشتری: ",
        "تماس: ",
        "Call: 5",
        "\n",
        "\n\n",
        "-----\n",
        "hi",
        "C-7",
        "00:00:01.000 --> 00:00:02.000\n",
        "[x]",
        ":",
    ]
)


@settings(deadline=None, max_examples=100)
@given(st.lists(pieces, max_size=40).map("".join), st.sampled_from(["txt", "vtt", "srt"]))
def test_any_text(content, suffix):
    """Any text as a transcript: read or refused in one sentence; counts add up (checked by `read`)."""
    with tempfile.TemporaryDirectory() as folder:
        start = "WEBVTT\n\n" if suffix == "vtt" else ""
        try:
            read_bytes(Path(folder), f"a.{suffix}", start + content, kind="transcript")
        except CxnlpError as error:
            assert str(error)
