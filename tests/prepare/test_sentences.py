"""Sentences: exact offsets, informal punctuation, nothing lost."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.prepare.sentences import LONGEST, split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("خوب بود.ولی دیر رسید!!! 😡😡 دیگه نمیخرم", ["خوب بود.", "ولی دیر رسید!!! 😡😡", "دیگه نمیخرم"]),
        (
            "Dr. Smith was great. I paid 3.5 USD... would buy!",
            ["Dr. Smith was great.", "I paid 3.5 USD...", "would buy!"],
        ),
        ("سلام\nغذا سرد بود\n\nمرسی", ["سلام", "غذا سرد بود", "مرسی"]),
        ("چرا؟؟؟ جواب بدین", ["چرا؟؟؟", "جواب بدین"]),
        ("نسخه 2.3.1 و site.ir خوبه", ["نسخه 2.3.1 و site.ir خوبه"]),
        ("good.But late", ["good.", "But late"]),
        ("عالی 👍👍 پیشنهاد میکنم", ["عالی 👍👍", "پیشنهاد میکنم"]),
        ("  ", []),
    ],
)
def test_examples(text, parts):
    """How customers write, in both languages."""
    assert [text[a:b] for a, b in split(text)] == parts


def test_run_on_text_is_cut_into_windows():
    """A page without a full stop must not become one sentence."""
    text = "غذا سرد بود و پیک دیر رسید " * 60
    assert all(len(text[a:b].split()) <= LONGEST for a, b in split(text)) and len(split(text)) > 4


@given(st.text(st.one_of(st.characters(), st.sampled_from(".!?؟…؛ \n\t\u200c😀❤️abcآبپ«»()1")), max_size=120))
@settings(max_examples=300, deadline=None)
def test_every_character_but_white_space_lies_in_one_sentence(text):
    """Windows and quote languages are built on these offsets."""
    last = 0
    for start, end in split(text):
        assert last <= start < end and not text[last:start].strip() and text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize("bulk", ["?.", ".", " ", "😀", "😀 ", "\n", "a.", "!)", "(!"])
def test_long_hostile_texts_take_little_time(bulk):
    """Linear in the length, whatever the text."""
    start = time.process_time()
    split(bulk * 30_000 + "a")
    assert time.process_time() - start < 10
