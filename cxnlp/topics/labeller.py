"""Labels by a generative model, behind any OpenAI-compatible endpoint. Off by default, and nothing rests on it.

Sent are a topic's kind and a few of its quotes, as the lake keeps them: with personal data masked. What comes back is
kept only if it would pass as a label of ours; people's names stay; where the endpoint fails, so do our labels.
"""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

import pandas as pd

from cxnlp.config import Labeller
from cxnlp.errors import CxnlpError
from cxnlp.topics import labels, words
from cxnlp.topics.registry import Row, events, frame, records, with_event

KEY = "CXNLP_LABELLER_KEY"
BY = "generative"
QUOTES = 8  # per language
ASK = (
    "You name topics of customer feedback. Below are a kind (pain, praise or request) and quotes that belong together. "
    'Answer with JSON only: {"fa": "...", "en": "..."}: one phrase of two to six words in Persian and one in English '
    "that customers would say and that names what the quotes share, without digits or names."
)


def check(settings: Labeller, redact: tuple[str, ...] | None) -> None:
    """Raise CxnlpError where the configuration would send texts that are not masked, or to no proper address."""
    if settings.url and not settings.url.startswith(("https://", "http://")):
        raise CxnlpError("[topics.labeller] url must begin with https:// or http://")
    if settings.url and not settings.model:
        raise CxnlpError("[topics.labeller] needs `model`, the name that the endpoint knows it by")
    if settings.url and redact is not None:
        raise CxnlpError("[topics.labeller] sends quotes, so [privacy] must mask every kind: remove `redact` there")


def relabelled(
    topics: pd.DataFrame, mentions: pd.DataFrame, settings: Labeller, at: pd.Timestamp
) -> tuple[pd.DataFrame, str]:
    """The registry with labels of the model for topics that it has not named yet, and in a few words how that went.

    `mentions` need mention_id, quote, language. The first failure of the endpoint ends the asking until the next run.
    """
    known = mentions.set_index("mention_id")[["quote", "language"]]
    rows, named = records(topics), 0
    for place, row in enumerate(rows):
        if not _asked_for(row):
            continue
        try:
            answer = _ask(_question(row, known), settings)
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            return frame(rows), f"{named} named, then the endpoint failed: {type(error).__name__}"
        changed = {
            f"label_{lang}": answer[lang].strip() for lang in labels.LANGUAGES if _usable(answer.get(lang), lang)
        }
        rows[place] = with_event(row | changed, at, "labelled", by=BY, **changed)
        named += bool(changed)
    return frame(rows), f"{named} named"


def _asked_for(row: Row) -> bool:
    mine = row["level"] == "topic" and row["status"] in ("active", "emerging") and row["label_source"] == "machine"
    return mine and not any(event.get("by") == BY for event in events(row))


def _question(row: Row, known: pd.DataFrame) -> str:
    listed = row["representatives"] if row["representatives"] is not None else []
    own = known.reindex([m for m in listed if m in known.index])
    quotes = own.groupby("language", sort=False).head(QUOTES)["quote"].map(words.normal)
    return "\n".join([f"kind: {row['kind']}", *(f"- {quote}" for quote in quotes)])


def _ask(question: str, settings: Labeller) -> dict[str, Any]:
    messages = [{"role": "system", "content": ASK}, {"role": "user", "content": question}]
    body = json.dumps({"model": settings.model, "messages": messages, "temperature": 0}).encode()
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(KEY):
        headers["Authorization"] = f"Bearer {key}"
    address = f"{str(settings.url).rstrip('/')}/chat/completions"
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - `check` lets only http(s) pass
    with urllib.request.urlopen(request, timeout=settings.timeout_s) as response:  # noqa: S310
        text = json.load(response)["choices"][0]["message"]["content"]
    return _object(str(text))


def _object(text: str) -> dict[str, Any]:
    """The JSON object in an answer; empty where there is none."""
    try:
        answer = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _usable(label: Any, language: str) -> bool:
    return isinstance(label, str) and labels.fits(label.strip(), language)
