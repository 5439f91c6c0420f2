"""Who belongs to which group: `by` names dimensions, joined by "+"; the result is a long table of memberships.

Levels: a text (share of texts), a response (scores given once per conversation), a mention (net sentiment, evidence).
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from cxnlp.insight.facts import Facts

Level = Literal["text", "response", "mention"]
TEXT_DIMENSIONS = ("source", "channel", "brand", "language", "period")
COLUMNS = {"topic": ["topic_id"], "segment": ["segment", "segment_value"], "all": []}


def columns_of(by: str) -> list[str]:
    """Columns of the insights table that `by` fills."""
    return [column for name in by.split("+") for column in COLUMNS.get(name, [name])]


def members(facts: Facts, by: str, level: Level = "text") -> pd.DataFrame:
    """Unique memberships: `unit` (position of text, response's first text, or mention) and the columns of `by`."""
    cached = facts.cache.get((by, level))
    if cached is None:
        names = by.split("+")
        cached = _part(facts, names[0], level)
        for name in names[1:]:
            cached = cached.merge(_part(facts, name, level), on="unit")
        facts.cache[by, level] = cached
    return cached


def _part(facts: Facts, name: str, level: Level) -> pd.DataFrame:
    if (name, level) in facts.cache:
        return facts.cache[name, level]
    if level == "mention":
        part = _of_mentions(facts, name)
    else:
        part = _of_texts(facts, name)
        if level == "response":
            anchor = facts.texts["anchor"].to_numpy()
            if name in ("stage", "touchpoint", "topic"):
                part = part.assign(unit=anchor[part["unit"]]).drop_duplicates()
            else:  # a response lies in the period, segment … of its first text
                part = part[anchor[part["unit"]] == part["unit"]]
    part = part.reset_index(drop=True)
    for column in part.columns.drop("unit"):
        part[column] = part[column].astype("category")
    facts.cache[name, level] = part
    return part


def _of_texts(facts: Facts, name: str) -> pd.DataFrame:
    if name == "all":
        return pd.DataFrame({"unit": facts.texts.index})
    if name == "stage":
        return facts.stages[["text", "stage"]].set_axis(["unit", "stage"], axis=1)
    if name == "segment":
        return facts.segments.rename(columns={"text": "unit"})
    if name in ("touchpoint", "topic"):
        said = _of_mentions(facts, name)
        said = said.assign(unit=facts.mentions["text"].to_numpy()[said["unit"]])
        return said.drop_duplicates()
    known = facts.texts[name].dropna()
    return pd.DataFrame({"unit": known.index, name: known.to_numpy()})


def _of_mentions(facts: Facts, name: str) -> pd.DataFrame:
    said = facts.mentions
    if name == "all":
        return pd.DataFrame({"unit": said.index})
    if name == "topic":
        both = pd.concat([said["topic_id"].dropna(), said["parent"].dropna()])
        return pd.DataFrame({"unit": both.index, "topic_id": both.to_numpy()}).drop_duplicates()
    if name in ("stage", "touchpoint"):
        known = said[name].dropna()
        return pd.DataFrame({"unit": known.index, name: known.to_numpy()})
    text = _part(facts, name, "text").rename(columns={"unit": "text"})
    spoken = pd.DataFrame({"unit": said.index, "text": said["text"]})
    return spoken.merge(text, on="text").drop(columns="text")


def numbered(table: pd.DataFrame, columns: list[str]) -> tuple[pd.Series, pd.DataFrame]:
    """Group number 0…k−1 of each row, and the k groups in their order of appearance in sorting."""
    if not columns:
        return pd.Series(0, index=table.index), pd.DataFrame(index=range(1 if len(table) else 0))
    grouping = table.groupby(columns, sort=True, observed=True)
    keys = grouping.ngroup()
    found = table.loc[~keys.duplicated(), columns].assign(key=keys[~keys.duplicated()])
    groups = found.sort_values("key")[columns].reset_index(drop=True)
    return keys, groups.astype(object)
