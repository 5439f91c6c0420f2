"""Rows of the registry and their history."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from cxnlp import tables

Row = dict[str, Any]


def records(topics: pd.DataFrame) -> list[Row]:
    """The rows of a registry, or of a part of it."""
    return [{str(column): value for column, value in row.items()} for row in topics.to_dict("records")]


def frame(rows: list[Row]) -> pd.DataFrame:
    """Rows as a registry: every declared column, ordered by id."""
    return pd.DataFrame(rows, columns=tables.TOPICS.names, dtype=object).sort_values("topic_id", ignore_index=True)


def listed(value: Any) -> list[str]:
    """A cell of a column of lists; null is empty."""
    return [] if value is None or isinstance(value, float) else list(value)


def empty_row() -> Row:
    """A row with every declared column null."""
    return dict.fromkeys(tables.TOPICS.names)


def next_id(rows: Any, prefix: str) -> str:
    """The id after the highest ever given, T0001 … or TH0001 …"""
    used = [int(i[len(prefix) :]) for i in rows if i.startswith(prefix) and i[len(prefix) :].isdigit()]
    return f"{prefix}{max(used, default=0) + 1:04d}"


def events(row: Row) -> list[Row]:
    """What happened to a topic so far, oldest first."""
    history = row.get("history")
    return json.loads(history) if isinstance(history, str) else []


def with_event(row: Row, at: pd.Timestamp, event: str, **details: Any) -> Row:
    """The row with one more event in its history."""
    entry = {"at": pd.Timestamp(at).isoformat(), "event": event, **details}
    return row | {"history": json.dumps([*events(row), entry], ensure_ascii=False)}
