"""What each page shows: dicts for the templates, from the snapshot; and what a correction does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxnlp import taxonomy
from cxnlp.corrections.labels import row
from cxnlp.desk import pages
from cxnlp.desk.forms import reading
from cxnlp.desk.snapshot import OF_MENTIONS, OF_TEXTS, Desk, Snapshot
from cxnlp.report.words import Words, missing
from cxnlp.stages import corrections
from cxnlp.stages.decisions import DISMISSED
from cxnlp.stages.findings import pseudonymous
from cxnlp.stages.run import Run

if TYPE_CHECKING:
    Told = dict[str, Any]

PER_PAGE = 30
GENERAL = "general"


class Missing(Exception):  # noqa: N818 - an answer: 404
    """Nothing lives at this address."""


def brief(run: Run, now: Snapshot, w: Words) -> Told:
    """Headline, scores, pains and the journey map, as the report chooses them."""
    shown = pages.findings(run, now)
    return {"view": shown, "stages": w.taxonomy.stages, "texts": len(now.texts), "mentions": len(now.mentions)}


def texts(run: Run, now: Snapshot, w: Words, asked: Mapping[str, str]) -> Told:
    """A page of the texts that meet the filters, and the values that filters can have."""
    found = now.find(asked)
    last = max(0, (len(found) - 1) // PER_PAGE)
    at = min(int(asked["page"]) if asked.get("page", "").isdecimal() else 0, last)
    rows = found[at * PER_PAGE : (at + 1) * PER_PAGE]
    kept = {k: v for k, v in asked.items() if k in (*OF_MENTIONS, *OF_TEXTS, "segment", "q") and v}
    return {
        "rows": _cards(now, rows), "n": len(found), "first": at * PER_PAGE + 1, "last": at * PER_PAGE + len(rows),
        "kept": kept, "options": _options(now, w),
        "newer": pages.link(**kept, page=at - 1) if at else None,
        "older": pages.link(**kept, page=at + 1) if at < last else None,
    }  # fmt: skip


def _cards(now: Snapshot, rows: Any) -> list[Told]:
    said = now.mentions_of(rows)
    return [
        {"text": _row(now.texts.iloc[i]), "mentions": said.get(int(i), [])} for i in rows
    ]  # fmt: skip


def _row(values: pd.Series) -> Told:
    return {str(k): None if missing(v) else v for k, v in values.items()}


def _options(now: Snapshot, w: Words) -> dict[str, list[tuple[str, str]]]:
    """Filter → its values with their labels, in the order of the journey, of time, or of size."""
    stages = [(s.id, w.place(s.id)) for s in w.taxonomy.stages]
    places = [(t.id, w.place(t.id)) for t in w.taxonomy.touchpoints]
    texts = now.texts
    of_texts = {n: texts[n].dropna().value_counts().index.tolist() for n in ("source", "language", "channel")}
    segments = [
        (f"{d}={v}", w.group(d, v))
        for d in now.dimensions
        for v in texts[d].dropna().astype("str").value_counts().head(20).index
    ]
    live = now.topics[now.topics["status"].isin(["active", "emerging"])].sort_values("size", ascending=False)
    return {
        "stage": stages, "touchpoint": places,
        "kind": [(k, w.name("kind", k)) for k in pages.KINDS],
        "topic": [(t, w.topic(t) or t) for t in live["topic_id"]],
        "sentiment": [(s, w.say(f"sentiment_{s}")) for s in pages.SENTIMENTS],
        "segment": segments,
        "period": [(p, w.period(p)) for p in sorted(texts["period"].dropna().unique(), reverse=True)],
        "language": [(v, w.member("language", v)) for v in of_texts["language"]],
        "source": [(v, w.member("source", v)) for v in of_texts["source"]],
        "channel": [(v, w.member("channel", v)) for v in of_texts["channel"]],
    }  # fmt: skip


def text(run: Run, now: Snapshot, w: Words, feedback_id: str, saved: str) -> Told:
    """One text with its mentions, ready to be corrected, and who corrected it before."""
    at = np.flatnonzero((now.texts["feedback_id"] == feedback_id).to_numpy())
    if not len(at):
        raise Missing
    card = _cards(now, at[:1])[0]
    log = run.lake.read("corrections", ["correction_id", "feedback_id", "at", "who", "changes"])
    mine = log[log["feedback_id"] == feedback_id].sort_values("at")
    return card | {"saved": saved, "log": mine.to_dict("records")}


def correct(run: Run, desk: Desk, feedback_id: str, sent: Mapping[str, str], who: str) -> bool:
    """A text's form into the log; False where a run is writing, which applies it later. InputError if impossible."""
    known = corrections.readings(run, [feedback_id])
    if feedback_id not in known:
        raise Missing
    old, version = known[feedback_id]
    new = reading(sent, old["text"], taxonomy.load(run.settings.taxonomy_path))
    now = pd.Timestamp.now("UTC")
    said = row(feedback_id, old, new | {"lang": old["lang"]}, at=now, who=who, origin="desk", model_version=version)
    applied = corrections.record(run, [said])
    desk.correct(feedback_id)
    return applied


def customer(run: Run, now: Snapshot, w: Words, customer_id: str) -> Told:
    """Everything one customer said and did, oldest first."""
    return {"customer": customer_id, "events": events(run, customer_id)}


def events(run: Run, customer_id: str) -> list[Told]:
    """Events of one customer, the turns of agents in their conversations among them; see `insight.customer`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cxnlp.insight.customer import timeline
    from cxnlp.segments import read_orders

    mine = run.lake.read("feedback", where=pc.field("customer_id") == customer_id)
    talks = mine["conversation_id"].dropna().unique().tolist()
    whole = run.lake.read("feedback", where=pc.field("conversation_id").isin(pa.array(talks, pa.string())))
    answers = whole[whole["customer_id"].isna() & (whole["role"] != "customer")].assign(customer_id=customer_id)
    rows = pd.concat([mine, answers], ignore_index=True) if len(answers) else mine
    ids = pa.array(rows["feedback_id"].tolist(), pa.string())
    mentions = run.lake.read("mentions", where=pc.field("feedback_id").isin(ids))
    found = timeline(rows, mentions, pseudonymous(read_orders(run.settings), run), customer_id)
    return [{str(k): _null(v) for k, v in one.items()} for one in found.to_dict("records")]


def _null(value: Any) -> Any:
    return value if isinstance(value, list) else None if missing(value) else value


def topics(run: Run, now: Snapshot, w: Words) -> Told:
    """Themes, each with its topics, largest first."""
    live = now.topics[now.topics["status"].isin(["active", "emerging"])]
    rows = [_row(r) for _, r in live.sort_values("size", ascending=False, na_position="last").iterrows()]
    heads = [r for r in rows if r["level"] == "theme" or r["parent_id"] not in {x["topic_id"] for x in rows}]
    inside = {h["topic_id"]: [r for r in rows if r["parent_id"] == h["topic_id"]] for h in heads}
    return {"heads": heads, "inside": inside}


def alerts(run: Run, now: Snapshot, w: Words) -> Told:
    """Alerts with what was decided about them; dismissed ones apart."""
    shown = pages.Findings.of(now.insights, now.topics, {})
    rows = now.mentions.drop_duplicates("mention_id").set_index("mention_id")["feedback_id"]
    for found in (shown.of_type("alert"), shown.of_type(DISMISSED)):
        for one in found:
            one["texts"] = [(rows.get(e, e), _quote(now, e)) for e in one["evidence"][:3]]
    moved = [one for one in shown.of_type("drift") if one["details"]["alarm"]]
    return {"alerts": shown.of_type("alert"), "dismissed": shown.of_type(DISMISSED), "drift": moved}


def _quote(now: Snapshot, evidence: str) -> str:
    """The words of a mention, or the beginning of a text."""
    quotes = now.mentions.loc[now.mentions["mention_id"] == evidence, "quote"]
    if len(quotes):
        return str(quotes.iloc[0])
    texts = now.texts.loc[now.texts["feedback_id"] == evidence, "text"]
    return str(texts.iloc[0])[:160] if len(texts) else evidence


def log(run: Run, now: Snapshot, w: Words) -> Told:
    """Corrections, newest first."""
    rows = run.lake.read("corrections").sort_values("at", ascending=False)
    entries = [r | {"changes": json.loads(r["changes"] or "[]")} for r in rows.head(200).to_dict("records")]
    return {"entries": entries, "n": rows["feedback_id"].nunique()}


def wrong(run: Run, now: Snapshot, w: Words, why: str) -> Told:
    """What did not work, in one sentence."""
    return {"why": why}
