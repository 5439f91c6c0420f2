"""A customer who is forgotten must not live on as the name of a topic."""

from __future__ import annotations

import json

import pandas as pd

from cxnlp.topics.forgetting import unsaid
from cxnlp.topics.registry import empty_row, frame

GONE = ["پیکِ شما با دو روز تاخیر رسید و نان‌ها خشک شده بود", "My scarf smelled of petrol, and nobody called back"]
LEFT = ["nobody called back after a week", "بسته‌بندی پاره بود"]


def topic(number: int, **said: object) -> dict[str, object]:
    """A row of the registry about packaging."""
    given = {"topic_id": f"T{number:04d}", "level": "topic", "label_source": "machine", "history": "[]"}
    return empty_row() | given | {"touchpoints": '{"packaging_condition": 1.0}'} | said


def test_a_phrase_that_only_they_said_goes_and_what_others_say_too_stays():
    """In both languages; a shared phrase tells of nobody."""
    rows = frame([
        topic(1, label_fa="نان‌ها خشک شده بود", label_en="Scarf smelled of petrol"),
        topic(2, label_fa="بسته‌بندی پاره بود", label_en="Nobody called back"),
    ])  # fmt: skip
    found = unsaid(rows, GONE, LEFT)
    assert found["topic_id"].tolist() == ["T0001"]
    assert found[["label_fa", "label_en"]].iloc[0].str.startswith("≈ ").all()


def test_the_history_and_what_lies_beneath_an_edit_forget_too():
    """An undo, or `cxnlp topics history`, must not bring the words back; what a person wrote is theirs."""
    past = [
        {"at": "2025-01-01", "event": "labelled", "language": "en", "label": "Scarf smelled of petrol"},
        {"at": "2025-01-02", "event": "labelled", "by": "generative", "label_en": "Scarf smelled of petrol",
         "label_fa": "نان‌ها خشک شده بود"},
    ]  # fmt: skip
    machine = {"label_en": "Scarf smelled of petrol", "label_source": "machine"}
    row = topic(
        1,
        label_en="Smells",
        label_fa="بو",
        label_source="person",
        history=json.dumps(past),
        machine=json.dumps(machine),
    )
    found = unsaid(frame([row]), GONE, LEFT).iloc[0]
    assert "petrol" not in found["history"] + found["machine"] and "خشک" not in found["history"]
    assert json.loads(found["history"])[0]["event"] == "labelled"
    assert (found["label_en"], found["label_fa"]) == ("Smells", "بو")
    assert unsaid(frame([topic(1, label_en="Smells", label_fa="بو")]), GONE, LEFT).empty


def test_nothing_is_touched_without_cause():
    """Whole words only: a stand-in, or a part of a word, is nobody's phrase."""
    rows = frame(
        [
            topic(1, label_en="≈ Packaging: petrol", label_fa="≈ بسته‌بندی"),
            topic(2, label_en="arf smelled", label_fa=None),
        ]
    )
    assert isinstance(rows, pd.DataFrame)
    assert unsaid(rows, GONE, LEFT).empty
