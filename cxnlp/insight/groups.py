"""Who belongs to which group: `by` names dimensions, joined by "+"; groups are numbered, so that numpy does the rest.

Levels: a text (share of texts), a response (scores given once per conversation), a mention (net sentiment, evidence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cxnlp.insight.facts import Facts

Level = Literal["text", "response", "mention"]
_COLUMNS = {"topic": ["topic_id"], "segment": ["segment", "segment_value"], "all": []}


@dataclass(frozen=True)
class Members:
    """Unique memberships: `unit[i]` (position of a text, of a response's first text, of a mention) is in `key[i]`."""

    unit: np.ndarray
    key: np.ndarray
    groups: pd.DataFrame  # row = group, columns of `by`

    def where(self, chosen: np.ndarray) -> Members:
        """Only the chosen memberships, groups that lose all members left out."""
        unit, key = self.unit[chosen], self.key[chosen]
        kept, key = np.unique(key, return_inverse=True)
        return Members(unit, key, self.groups.iloc[kept].reset_index(drop=True))

    def mapped(self, target: np.ndarray) -> Members:
        """The same groups with `target[unit]` for each unit (mentions → texts → responses), each once."""
        width = int(target.max(initial=0)) + 1
        pairs = np.unique(self.key.astype(np.int64) * width + target[self.unit])
        return Members(pairs % width, pairs // width, self.groups)

    def __len__(self) -> int:
        return len(self.groups)


def columns_of(by: str) -> list[str]:
    """Columns of the insights table that `by` fills."""
    return [column for name in by.split("+") for column in _COLUMNS.get(name, [name])]


def members(facts: Facts, by: str, level: Level = "text") -> Members:
    """Memberships in the groups of `by`, for texts, responses or mentions."""
    found = facts.cache.get((by, level))
    if found is None:
        names = by.split("+")
        found = _part(facts, names[0], level)
        for name in names[1:]:
            found = _cross(found, members(facts, name, level))
        facts.cache[by, level] = found
    return found


def codes(values: pd.Series) -> Members:
    """Units are the positions of `values`; nulls belong to no group. Groups in sorted order."""
    key, names = pd.factorize(values, sort=True)
    known = np.flatnonzero(key >= 0)
    return Members(known, key[known], pd.DataFrame({values.name: np.asarray(names, dtype=object)}))


def _part(facts: Facts, name: str, level: Level) -> Members:
    if level == "mention":
        return _of_mentions(facts, name)
    if level == "text":
        return _of_texts(facts, name)
    anchor = facts.texts["anchor"].to_numpy()
    texts = members(facts, name, "text")
    if name in ("stage", "touchpoint", "topic"):
        return texts.mapped(anchor)
    return texts.where(anchor[texts.unit] == texts.unit)  # a response lies in the period, segment … of its first text


def _of_texts(facts: Facts, name: str) -> Members:
    if name == "all":
        n = len(facts.texts)
        return Members(np.arange(n), np.zeros(n, dtype=int), pd.DataFrame(index=range(min(n, 1))))
    if name == "stage":
        table = codes(facts.stages["stage"])
        return Members(facts.stages["text"].to_numpy()[table.unit], table.key, table.groups)
    if name == "segment":
        return _segments(facts)
    if name in ("touchpoint", "topic"):
        return members(facts, name, "mention").mapped(facts.mentions["text"].to_numpy())
    return codes(facts.texts[name])


def _segments(facts: Facts) -> Members:
    table = facts.segments
    if not len(table):
        none = np.zeros(0, dtype=int)
        return Members(none, none, table[["segment", "segment_value"]])
    grouping = table.groupby(["segment", "segment_value"], sort=True)
    groups = grouping.size().index.to_frame(index=False).astype(object)
    return Members(table["text"].to_numpy(), grouping.ngroup().to_numpy(), groups)


def _of_mentions(facts: Facts, name: str) -> Members:
    said = facts.mentions
    if name == "all":
        return Members(
            np.arange(len(said)), np.zeros(len(said), dtype=int), pd.DataFrame(index=range(min(len(said), 1)))
        )
    if name == "topic":
        both = pd.concat([said["topic_id"], said["parent"]], ignore_index=True).rename("topic_id")
        found = codes(both)
        return Members(found.unit % len(said) if len(said) else found.unit, found.key, found.groups)
    if name in ("stage", "touchpoint"):
        return codes(said[name])
    return _inherited(members(facts, name, "text"), said["text"].to_numpy())


def _inherited(texts: Members, text: np.ndarray) -> Members:
    """Mentions are in the groups of their text."""
    left = pd.DataFrame({"text": text, "unit": np.arange(len(text))})
    both = left.merge(pd.DataFrame({"text": texts.unit, "key": texts.key}), on="text")
    return _compact(both["unit"].to_numpy(), both["key"].to_numpy(), texts.groups)


def _cross(a: Members, b: Members) -> Members:
    left, right = pd.DataFrame({"unit": a.unit, "a": a.key}), pd.DataFrame({"unit": b.unit, "b": b.key})
    both = left.merge(right, on="unit")
    pairs, key = np.unique(
        both["a"].to_numpy().astype(np.int64) * (len(b) + 1) + both["b"].to_numpy(), return_inverse=True
    )
    parts = [a.groups.iloc[pairs // (len(b) + 1)], b.groups.iloc[pairs % (len(b) + 1)]]
    groups = pd.concat([p.reset_index(drop=True) for p in parts], axis=1)
    return Members(both["unit"].to_numpy(), key, groups)


def _compact(unit: np.ndarray, key: np.ndarray, groups: pd.DataFrame) -> Members:
    return Members(unit, key, groups).where(np.ones(len(unit), dtype=bool))


def match(groups: pd.DataFrame, base: pd.DataFrame) -> np.ndarray:
    """Position in `base` of each row of `groups`, by the columns of `base` (all in both); −1 where it is absent."""
    columns = list(base.columns)
    if not columns:
        return np.zeros(len(groups), dtype=int)
    place = {values: i for i, values in enumerate(zip(*(base[c].tolist() for c in columns), strict=True))}
    rows = zip(*(groups[c].tolist() for c in columns), strict=True)
    return np.fromiter((place.get(values, -1) for values in rows), dtype=int, count=len(groups))


def counts(key: np.ndarray, part: pd.Series, k: int) -> list[dict[str, int]]:
    """How often each value of `part` occurs in each group, most frequent first; nulls are left out."""
    code, names = pd.factorize(part)
    known = code >= 0
    table = np.bincount(key[known] * len(names) + code[known], minlength=k * len(names)).reshape(k, -1)
    order = np.argsort(-table, axis=1, kind="stable")
    return [{str(names[j]): int(row[j]) for j in some if row[j]} for row, some in zip(table, order, strict=True)]


def distinct(key: np.ndarray, value: np.ndarray, k: int) -> np.ndarray:
    """Number of distinct integers in each group; negative ones are not counted."""
    key, value = key[value >= 0], value[value >= 0]
    pairs = np.unique(key.astype(np.int64) * (int(value.max(initial=0)) + 1) + value)
    return np.bincount(pairs // (int(value.max(initial=0)) + 1), minlength=k)
