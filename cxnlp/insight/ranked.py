"""Ranked lists: pains, praises, requests, questions, motives, by touchpoint, by topic, and where both meet."""

from __future__ import annotations

import pandas as pd

from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import columns_of, members, numbered
from cxnlp.insight.volumes import shares

KINDS = ("pain", "praise", "request", "question", "motive")
GROUPS = ("touchpoint", "topic", "touchpoint+topic")


def ranked(facts: Facts) -> pd.DataFrame:
    """Rows of types pain, praise, request, question, motive, by customers; pains are ranked later by priority."""
    parts = [_list(facts, kind, by) for kind in KINDS for by in GROUPS if by == "touchpoint" or kind in KINDS[:3]]
    parts = [p for p in parts if len(p)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def of_kind(facts: Facts, by: str, kind: str) -> pd.DataFrame:
    """Mentions of one kind with the columns of `by` (unit = mention); of topics, only topics of that kind and level."""
    table = members(facts, by, "mention")
    table = table[facts.mentions["kind"].to_numpy()[table["unit"]] == kind]
    if "topic_id" in table:
        topics = facts.topics
        fits = (topics["kind"].isna() | (topics["kind"] == kind)) & (topics["level"].fillna("topic") == "topic")
        table = table[table["topic_id"].isin(topics.index[fits])]
    return table.reset_index(drop=True)


def _list(facts: Facts, kind: str, by: str) -> pd.DataFrame:
    said = of_kind(facts, by, kind)
    columns = columns_of(by)
    texts = said.assign(unit=facts.mentions["text"].to_numpy()[said["unit"]]).drop_duplicates()
    rows = shares(facts, texts, by, "all")
    if not len(rows):
        return pd.DataFrame()
    key, _ = numbered(said, columns)
    rows["details"] = _details(facts, kind, by, said, key, len(rows))
    rows["evidence"] = evidence(facts, said, key, len(rows), RANKED)
    rows = rows.assign(type=kind, kind=kind, metric="share", by=by)
    customers = rows["details"].str["customers"]
    order = pd.DataFrame({"c": customers, "n": rows["n"]}).sort_values(["c", "n"], ascending=False, kind="stable").index
    rows.loc[order, "rank"] = range(1, len(rows) + 1)
    return rows


def _details(facts: Facts, kind: str, by: str, said: pd.DataFrame, key: pd.Series, k: int) -> list[dict]:
    mention = facts.mentions.loc[said["unit"]].reset_index(drop=True)
    text = facts.texts.loc[mention["text"]].reset_index(drop=True)
    group = key.reset_index(drop=True)
    numbers = pd.DataFrame(
        {
            "mentions": group.groupby(group).size(),
            "customers": text["cluster"].groupby(group).nunique(),
            "severity": mention["severity"].astype(float).groupby(group).mean().round(2),
            "first_seen": text["created_at"].groupby(group).min(),
            "last_seen": text["created_at"].groupby(group).max(),
        }
    ).reindex(range(k))
    counts = {name: _texts_by(text, group, dim, k) for name, dim in _SPLITS.items()}
    loose = mention["topic_id"].isna().groupby(group).sum().reindex(range(k))
    details = []
    for i, row in enumerate(numbers.itertuples()):
        detail = {"mentions": int(row.mentions), "customers": int(row.customers)}
        detail |= {"severity": float(row.severity)} if kind == "pain" else {}
        detail |= {"first_seen": _day(row.first_seen), "last_seen": _day(row.last_seen)}
        detail |= {name: split[i] for name, split in counts.items()}
        details.append(detail | ({"unassigned": int(loose[i])} if by == "touchpoint" else {}))
    return details


_SPLITS = {"channels": "channel", "sources": "source", "languages": "language"}


def _texts_by(text: pd.DataFrame, group: pd.Series, dimension: str, k: int) -> list[dict[str, int]]:
    pairs = pd.DataFrame({"group": group, "value": text[dimension], "text": text["feedback_id"]}).dropna()
    counts = pairs.drop_duplicates().groupby(["group", "value"]).size()
    found: list[dict[str, int]] = [{} for _ in range(k)]
    for (i, value), n in counts.sort_values(ascending=False).items():
        found[i][str(value)] = int(n)
    return found


def _day(time: object) -> str | None:
    return None if pd.isna(time) else str(pd.Timestamp(str(time)).date())
