"""A reading of one text as an object in the labelled format, checked against its text and compared with another one.

{"text", "lang": fa | en, "sentiment", "mentions": [{"quote", "start", "end", "kind", "touchpoint", "polarity",
"severity", "target"}]}; `start` and `end` count characters of `text`, `target` is "" when implied.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxnlp.errors import InputError
from cxnlp.taxonomy import Taxonomy

Label = dict[str, Any]
SENTIMENTS = ("neg", "neu", "pos", "mixed")
KINDS = ("pain", "praise", "request", "question", "motive", "fact")
POLARITIES = ("neg", "neu", "pos")
SEVERITIES = (1, 2, 3)
FIELDS = ("quote", "start", "end", "kind", "touchpoint", "polarity", "severity", "target")
COMPARED = ("quote", "kind", "touchpoint", "polarity", "severity", "target")
_PERSIAN = re.compile("[\u0600-\u06ff\u200c]")
_LATIN = re.compile("[A-Za-z]")


def label(text: str, language: str | None, sentiment: str | None, mentions: Iterable[Any]) -> Label:
    """The reading of a text from its rows in the lake (columns as in cxnlp/tables.py)."""
    plain = [{f: _plain(m.get(f), f) for f in FIELDS} for m in mentions]
    return {"text": text, "lang": tongue(text, language), "sentiment": _plain(sentiment, "sentiment"),
            "mentions": sorted(plain, key=lambda m: (m["start"], m["end"], m["kind"]))}  # fmt: skip


def tongue(text: str, language: str | None) -> str:
    """fa or en: Finglish is Persian; other and mixed texts go by their letters."""
    if language in ("fa", "en", "finglish"):
        return "en" if language == "en" else "fa"
    return "fa" if len(_PERSIAN.findall(text)) >= len(_LATIN.findall(text)) else "en"


def checked(given: Mapping[str, Any], text: str, taxonomy: Taxonomy) -> Label:
    """`given` as a reading of `text`, offsets found where only the quote is given; InputError says what is wrong."""
    if given.get("sentiment") not in SENTIMENTS:
        raise InputError(f"sentiment {given.get('sentiment')!r} is not one of {', '.join(SENTIMENTS)}")
    places = {t.id for t in taxonomy.touchpoints}
    mentions = [_mention(m, text, places) for m in given.get("mentions", ())]
    keys = [(m["start"], m["end"], m["kind"]) for m in mentions]
    if twice := next((m for m in mentions if keys.count((m["start"], m["end"], m["kind"])) > 1), None):
        raise InputError(f"“{twice['quote']}” is marked twice as {twice['kind']}; keep one of the two")
    found = label(text, given.get("lang"), given["sentiment"], mentions)
    return found | {"lang": given["lang"] if given.get("lang") in ("fa", "en") else found["lang"]}


def _mention(given: Mapping[str, Any], text: str, places: set[str]) -> Label:
    quote = str(given.get("quote") or "")
    start, end = given.get("start"), given.get("end")
    if start is None or end is None or text[start:end] != quote:
        start = text.find(quote)
        end = start + len(quote)
    if not quote.strip() or start < 0:
        raise InputError(f"“{quote}” does not stand in the text; a quote is copied from it letter by letter")
    target = str(given.get("target") or "")
    if target not in text:
        raise InputError(f"target “{target}” does not stand in the text; copy it, or leave it empty")
    for field, known in (("kind", KINDS), ("touchpoint", places), ("polarity", POLARITIES)):
        if given.get(field) not in known:
            raise InputError(f"{field} {given.get(field)!r} is not one of {', '.join(sorted(known))}")
    hurts = given["kind"] == "pain"
    severity = given.get("severity")
    if hurts and severity not in SEVERITIES:
        raise InputError(f"severity {severity!r} of the pain “{quote}” is not 1, 2 or 3")
    kept = {f: given[f] for f in ("kind", "touchpoint", "polarity")}
    return {"quote": quote, "start": int(start), "end": int(end), **kept,
            "severity": int(severity) if hurts and severity else 0, "target": target}  # fmt: skip


def changes(old: Label, new: Label) -> list[dict[str, Any]]:
    """What was changed: {"what", "mention", "old", "new"}, one entry per field, and per mention added or removed.

    A mention is the one it was if its span stayed; else the one that overlaps it most, if any does.
    """
    found: list[dict[str, Any]] = []
    if old["sentiment"] != new["sentiment"]:
        found.append({"what": "sentiment", "mention": None, "old": old["sentiment"], "new": new["sentiment"]})
    pairs = match(old["mentions"], new["mentions"])
    for before, after in pairs:
        what = {f: (before[f], after[f]) for f in COMPARED if before[f] != after[f]}
        found += [{"what": f, "mention": before["quote"], "old": a, "new": b} for f, (a, b) in what.items()]
    kept = {id(m) for pair in pairs for m in pair}
    found += [_whole("removed", m) for m in old["mentions"] if id(m) not in kept]
    return found + [_whole("added", m) for m in new["mentions"] if id(m) not in kept]


def _whole(what: str, mention: Label) -> dict[str, Any]:
    shown = {f: mention[f] for f in COMPARED}
    ends = (shown, None) if what == "removed" else (None, shown)
    return {"what": what, "mention": mention["quote"], "old": ends[0], "new": ends[1]}


def match(old: Sequence[Label], new: Sequence[Label]) -> list[tuple[Label, Label]]:
    """Pairs of mentions that are one: largest overlap of characters first (same kind and touchpoint break ties)."""
    scored = sorted(
        (
            (-_overlap(a, b), a["kind"] != b["kind"], a["touchpoint"] != b["touchpoint"], i, j)
            for i, a in enumerate(old)
            for j, b in enumerate(new)
            if _overlap(a, b) > 0
        )
    )
    pairs, left, right = [], set(), set()
    for *_, i, j in scored:
        if i not in left and j not in right:
            pairs.append((old[i], new[j]))
            left.add(i)
            right.add(j)
    return pairs


def _overlap(a: Label, b: Label) -> float:
    """Intersection over union of two spans."""
    shared = min(a["end"], b["end"]) - max(a["start"], b["start"])
    return max(0, shared) / (max(a["end"], b["end"]) - min(a["start"], b["start"]) or 1)


def row(
    feedback_id: str, old: Label, new: Label, *, at: Any, who: str, origin: str, model_version: str | None
) -> dict[str, Any]:
    """A row of the corrections table. An empty list of changes says: a person found it right."""
    key = "\x1f".join((feedback_id, str(at), who))
    return {
        "correction_id": hashlib.sha256(key.encode()).hexdigest()[:16], "at": at, "who": who,
        "feedback_id": feedback_id, "label": json.dumps(new, ensure_ascii=False), "origin": origin,
        "changes": json.dumps(changes(old, new), ensure_ascii=False), "model_version": model_version,
    }  # fmt: skip


def _plain(value: Any, field: str) -> Any:
    """JSON's own types; a missing target is ""."""
    if value is None or value != value:
        return "" if field == "target" else None
    return int(value) if field in ("start", "end", "severity") else str(value)
