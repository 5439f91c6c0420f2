"""Scores, names and texts as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.ingest import values


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("4", 4),
        (4.0, 4),
        ("۴", 4),
        ("۴٫۵", 4.5),
        ("4,5", 4.5),
        ("4/5", 4),
        ("۴ از ۵", 4),
        ("4 out of 5", 4),
        ("five", 5),
        ("شیش", None),  # six, beyond the scale
        ("پنج", 5),
        ("★★★☆☆", 3),
        ("3 stars", 3),
        ("8/10", None),  # of another scale
        ("0", None),
        ("6", None),
        ("نه", None),  # nine, or no
        ("good", None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_scores(cell, expected):
    """What is plainly a score on the scale is one, all else is null and gets a note."""
    assert values.score(cell, 1, 5) == expected


@settings(deadline=None)
@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_score_stays_in_range(cell):
    """No cell gives a score outside its scale, and none raises."""
    found = values.score(cell, 0, 10)
    assert found is None or 0 <= found <= 10


def test_names_are_compared_folded():
    """Old encodings write ي and ك; users write ی and ک: the same column, the same city."""
    assert values.fold("ردي\u200cف") == values.fold("ردی ف") != values.fold("ردیف")
    assert values.fold("مشتري") == values.fold("مشتری")
    assert values.short("شيراز\n") == "شیراز"


def test_texts():
    """Texts stay as given but for NUL bytes, half characters, and lists inside cells."""
    assert values.text_of(" كيفيت\u200cش عالی ") == "كيفيت\u200cش عالی"
    assert values.text_of('["سبک", "خوش‌دست"]') == "سبک\nخوش‌دست"
    assert values.text_of("['light', 'quiet']") == "light\nquiet"
    assert values.text_of("[laughs] so good") == "[laughs] so good"
    assert values.text_of("[]") is None
    assert values.text_of("\0 \0") is None
    assert values.text_of("ok \ud83d") == "ok \ufffd"
    assert values.text_of("\ud83d\ude00") == "😀"
    assert values.text_of(7.0) == "7"


@settings(deadline=None)
@given(st.text(alphabet=st.characters()))
def test_texts_can_be_stored(text):
    """Whatever a file holds can be written as UTF-8."""
    (values.text_of(text) or "").encode("utf-8")
