"""Topics must not go on saying what a forgotten customer said: their labels are phrases that people wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pandas as pd

from cxnlp.topics import labels, words
from cxnlp.topics.assignment import beneath
from cxnlp.topics.describe import main_touchpoint
from cxnlp.topics.registry import Row, events, records


def unsaid(topics: pd.DataFrame, gone: Iterable[str], left: Iterable[str]) -> pd.DataFrame:
    """The rows of `topics` that repeat a phrase which stands in `gone` texts and in none that is `left`, without it.

    Labels made by the machine become stand-ins, which the next run replaces; the phrase leaves the history and what the
    machine said beneath a person's edit. Labels that people wrote stay: they are theirs.
    """
    were, are = _told(gone), _told(left)

    def alone(label: object) -> bool:
        phrase = f" {words.key(label)} " if isinstance(label, str) and not labels.is_fallback(label) else ""
        return bool(phrase.strip()) and phrase in were and phrase not in are

    columns = ["topic_id", "label_fa", "label_en", "history", "machine"]
    both = [(row, _cleaned(row, alone)) for row in records(topics)]
    return pd.DataFrame([{c: new[c] for c in columns} for old, new in both if new is not old], columns=columns)


def _told(texts: Iterable[str]) -> str:
    return "\n".join(f" {words.key(text)} " for text in texts)


def _cleaned(row: Row, alone: Callable[[object], bool]) -> Row:
    themes = row["level"] == "theme"  # the next run calls those without a label after what is under them
    stand_ins = {
        f"label_{lang}": None if themes else labels.fallback(main_touchpoint(row), lang) for lang in labels.LANGUAGES
    }
    shown = {c: s for c, s in stand_ins.items() if row["label_source"] == "machine" and alone(row[c])}
    said = beneath(row)
    hidden = {column: s for column, s in stand_ins.items() if alone(said.get(column))}
    past, told = events(row), ("label", *stand_ins)  # the generative labeller tells of each language by its column
    kept = [{k: v for k, v in event.items() if k not in told or not alone(v)} for event in past]
    made: Row = dict(shown)
    if hidden:
        made["machine"] = json.dumps(said | hidden, ensure_ascii=False)
    if kept != past:
        made["history"] = json.dumps(kept, ensure_ascii=False)
    return row | made if made else row
