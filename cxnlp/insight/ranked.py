"""Ranked lists: pains, praises, requests, questions, motives, by touchpoint, by topic, and where both meet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import Members, counts, distinct, members
from cxnlp.insight.rows import detail, joined, objects
from cxnlp.insight.volumes import shares

KINDS = ("pain", "praise", "request", "question", "motive")
GROUPS = ("touchpoint", "topic", "touchpoint+topic")


def ranked(facts: Facts) -> pd.DataFrame:
    """Rows of types pain, praise, request, question, motive, by customers; pains are ranked later by priority."""
    parts = [_list(facts, kind, by) for kind in KINDS for by in GROUPS if by == "touchpoint" or kind in KINDS[:3]]
    return joined(parts)


def of_kind(facts: Facts, by: str, kind: str) -> Members:
    """Mentions of one kind in the groups of `by`; of topics, only those of that kind and no themes."""
    cached = facts.cache.get((by, kind, "kind"))
    if cached is not None:
        return cached
    said = members(facts, by, "mention")
    chosen = (facts.mentions["kind"] == kind).to_numpy()[said.unit]
    if "topic_id" in said.groups:
        topics = facts.topics
        fits = (topics["kind"].isna() | (topics["kind"] == kind)) & (topics["level"].fillna("topic") == "topic")
        chosen &= said.groups["topic_id"].isin(topics.index[fits]).to_numpy()[said.key]
    facts.cache[by, kind, "kind"] = found = said.where(chosen)
    return found


def _list(facts: Facts, kind: str, by: str) -> pd.DataFrame:
    said = of_kind(facts, by, kind)
    if not len(said):
        return pd.DataFrame()
    texts = said.mapped(facts.mentions["text"].to_numpy())
    rows = shares(facts, texts, "all")
    rows["details"] = objects(rows, _details(facts, kind, by, said, texts))
    rows["evidence"] = objects(rows, evidence(facts, said.unit, said.key, len(rows), RANKED))
    order = np.lexsort((-rows["n"].to_numpy(), -detail(rows, "customers").to_numpy(dtype=float)))
    rows["rank"] = np.argsort(order) + 1
    return rows.assign(type=kind, kind=kind, metric="share", by=by)


def _details(facts: Facts, kind: str, by: str, said: Members, texts: Members) -> list[dict]:
    k = len(said)
    mention = facts.mentions.iloc[said.unit]
    time = facts.texts["created_at"].iloc[texts.unit]
    seen = time.groupby(texts.key)
    first, last = (_days(part.reindex(range(k))) for part in (seen.min(), seen.max()))
    mentions = np.bincount(said.key, minlength=k)
    severity = np.bincount(said.key, weights=mention["severity"].fillna(0).astype(float), minlength=k) / mentions
    loose = np.bincount(said.key, weights=mention["topic_id"].isna(), minlength=k)
    customers = distinct(texts.key, facts.texts["cluster"].to_numpy()[texts.unit], k)
    splits = {
        name: counts(texts.key, facts.texts[column].iloc[texts.unit], k)
        for name, column in (("channels", "channel"), ("sources", "source"), ("languages", "language"))
    }
    details = []
    for i in range(k):
        found: dict = {"mentions": int(mentions[i]), "customers": int(customers[i])}
        found |= {"severity": round(float(severity[i]), 2)} if kind == "pain" else {}
        found |= {"first_seen": first[i], "last_seen": last[i]}
        found |= {name: split[i] for name, split in splits.items()}
        details.append(found | ({"unassigned": int(loose[i])} if by == "touchpoint" else {}))
    return details


def _days(times: pd.Series) -> list[str | None]:
    return [None if pd.isna(day) else str(day) for day in times.dt.date]
