"""New alerts told to people, each once: what was told to which address stands in the lake's table `sent`.

An alert is known by what it is about, not by its month: while the windows of a rise touch, it is one alert.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxnlp.lake import Lake
from cxnlp.report.brief import plain

Send = Callable[[str, str], bool]  # title, Markdown body → whether it arrived
QUOTES = 2
TITLES = {"fa": "هشدار تازه", "en": "New alert"}
WORDS = {"fa": ("نمونه", "آزمون"), "en": ("In their words", "Test")}
ABOUT = ["metric", "by", "kind", "score", "touchpoint", "topic_id", "source", "brand", "language"]


@dataclass(frozen=True)
class Message:
    """One alert as it is told; `series` says what it is about, `since`…`until` (ISO days) the window it judges."""

    series: str
    since: str
    until: str
    title: str
    body: str


def messages(lake: Lake, language: str) -> list[Message]:
    """The lake's alerts, most serious first: the finding with its numbers, its test, and what customers wrote."""
    found = lake.read("insights", where=pc.field("type") == "alert").sort_values("rank", kind="stable")
    ids = sorted({e for evidence in found["evidence"] for e in list(evidence)[:QUOTES]})
    wanted = pc.field("mention_id").isin(pa.array(ids, pa.string()))
    said = lake.read("mentions", ["mention_id", "quote"], where=wanted)
    quotes: dict[str, str] = dict(zip(said["mention_id"], said["quote"], strict=True))
    return [_message(row, quotes, language) for row in found.to_dict("records")]


def _message(row: dict[Any, Any], quotes: dict[str, str], language: str) -> Message:
    details = json.loads(row["details"])
    said = [quotes[e] for e in list(row["evidence"])[:QUOTES] if e in quotes]
    words, test = WORDS[language]
    lines = [plain(row[f"text_{language}"]), *([f"{test}: {details['test']}"] if details.get("test") else [])]
    lines += [f"{words}: " + " / ".join(f"«{plain(q)}»" for q in said)] if said else []
    key = "\x1f".join(str(row[c]) if pd.notna(row[c]) else "" for c in ABOUT) + str(details.get("alert"))
    series, window = hashlib.sha256(key.encode()).hexdigest()[:16], (details.get("from", ""), details.get("to", ""))
    return Message(series, *window, TITLES[language], "\n\n".join(lines))


def deliver(lake: Lake, targets: dict[str, Send], language: str, now: pd.Timestamp) -> int:
    """Tell each target the alerts it was not told yet; returns how many messages arrived.

    `targets`: address (or block) → how to send. Addresses hold secrets, so only their digest is kept. What did not
    arrive is tried again by the next run.
    """
    told = lake.read("sent").set_index("sent_id")["until"].to_dict()
    arrived, rows = 0, []
    for message in messages(lake, language):
        for address, send in targets.items():
            key = hashlib.sha256(f"{address}\x1f{message.series}".encode()).hexdigest()[:32]
            known = key in told and message.since <= told[key]
            if known or send(message.title, message.body):
                arrived += not known
                rows.append({"sent_id": key, "series": message.series, "until": message.until, "at": now})
    lake.upsert("sent", pd.DataFrame(rows).drop_duplicates("sent_id", keep="last") if rows else pd.DataFrame())
    return arrived


def markdown(lake: Lake, language: str) -> str:
    """All alerts of the lake in one text, for people who look at the run."""
    found = messages(lake, language)
    return "\n\n---\n\n".join(m.body for m in found) or {"fa": "هشداری نیست.", "en": "No alerts."}[language]
