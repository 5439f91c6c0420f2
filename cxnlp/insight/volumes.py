"""Who speaks, and of what: texts per group with their share, Wilson's interval allowing for repeated customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import columns_of, members, numbered

# group → what its shares are of: "all" texts, or the texts of another dimension
GROUPS = {
    "all": "all", "stage": "all", "touchpoint": "all", "topic": "all", "source": "all", "channel": "all",
    "brand": "all", "language": "all", "segment": "all", "period": "all",
    "stage+segment": "segment", "stage+source": "source", "stage+channel": "channel", "stage+brand": "brand",
    "stage+language": "language", "stage+period": "period", "touchpoint+period": "period", "topic+period": "period",
    "source+period": "period", "language+period": "period",
}  # fmt: skip
KINDS = ("pain", "praise", "request", "question", "motive", "fact")


def volumes(facts: Facts) -> pd.DataFrame:
    """Rows of type volume; see README.md."""
    parts = [_volume(facts, by, of) for by, of in GROUPS.items()]
    return pd.concat([p for p in parts if len(p)], ignore_index=True) if facts.texts.size else pd.DataFrame()


def shares(facts: Facts, table: pd.DataFrame, by: str, of: str) -> pd.DataFrame:
    """One row per group of `table` (unit = text, columns of `by`): value %, low, high, n, base; key = group number.

    The base is every text of `of` ("all", or dimensions that `by` contains); for segments, of the known ones.
    """
    columns, base_columns = columns_of(by), columns_of(of)
    key, groups = numbered(table, columns)
    if not len(groups):
        return groups
    base = members(facts, of)
    base_key, base_groups = numbered(base, base_columns)
    place = _match(groups, base_groups, base_columns)
    cluster = facts.texts["cluster"].to_numpy()
    n = np.bincount(key, minlength=len(groups))
    total = np.bincount(base_key, minlength=len(base_groups))[place]
    spread = _variance(
        key.to_numpy(), cluster[table["unit"]], base_key.to_numpy(), cluster[base["unit"]], place, n, total
    )
    share = n / total
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = spread * total / (share * (1 - share))
    effective = total / np.where(np.isfinite(effect), np.maximum(effect, 1.0), 1.0)
    low, high = stats.wilson(share * effective, effective)
    return groups.assign(value=100 * share, low=low, high=high, n=n, base=total)


def _match(groups: pd.DataFrame, base_groups: pd.DataFrame, columns: list[str]) -> np.ndarray:
    if not columns:
        return np.zeros(len(groups), dtype=int)
    numbers = base_groups.assign(place=range(len(base_groups)))
    return groups.merge(numbers, on=columns, how="left")["place"].to_numpy()


def _variance(
    key: np.ndarray, cluster: np.ndarray, base_key: np.ndarray, base_cluster: np.ndarray, place: np.ndarray,
    n: np.ndarray, total: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Cluster-robust variance of n/total: Σ over customers of (theirs in the group − share × theirs in the base)²."""
    width = int(base_cluster.max(initial=0)) + 1
    pairs, mine = np.unique(key.astype(np.int64) * width + cluster, return_counts=True)
    base_pairs, theirs = np.unique(base_key.astype(np.int64) * width + base_cluster, return_counts=True)
    group, who = pairs // width, pairs % width
    all_of_them = theirs[np.searchsorted(base_pairs, place[group] * width + who)]
    share = n / total
    k = len(n)
    squares = np.bincount(base_pairs // width, weights=theirs.astype(float) ** 2, minlength=int(place.max()) + 1)[place]
    inside = np.bincount(group, weights=mine**2 - 2 * share[group] * mine * all_of_them, minlength=k)
    return (inside + share**2 * squares) / total**2


def _volume(facts: Facts, by: str, of: str) -> pd.DataFrame:
    table = members(facts, by)
    rows = shares(facts, table, by, of)
    if not len(rows):
        return pd.DataFrame()
    spoken = members(facts, by, "mention")
    columns = columns_of(by)
    rows["details"] = _details(facts, by, table, spoken, rows, columns)
    rows["evidence"] = _evidence(facts, spoken, rows, columns)
    if by in ("period", "source+period"):
        rows = _without_holes(rows, by)
    return rows.assign(type="volume", metric="share", by=by)


def _details(
    facts: Facts, by: str, table: pd.DataFrame, spoken: pd.DataFrame, rows: pd.DataFrame, columns: list[str]
) -> list[dict]:
    key, _ = numbered(table, columns)
    texts = facts.texts
    who = pd.Series(texts["customer_id"].to_numpy()[table["unit"]])
    customers = who.groupby(key.to_numpy()).nunique().reindex(range(len(rows)), fill_value=0).tolist()
    kinds = _kinds(facts, spoken, rows, columns)
    details: list[dict] = [
        {"customers": c, "mentions": sum(k.values()), "kinds": k} for c, k in zip(customers, kinds, strict=True)
    ]
    if by == "stage":
        stated = facts.stages.groupby("stage")["from_source"].mean().to_dict()
        for detail, stage in zip(details, rows["stage"], strict=True):
            detail["from_source"] = round(stated[stage], 4)
    return details


def _kinds(facts: Facts, spoken: pd.DataFrame, rows: pd.DataFrame, columns: list[str]) -> list[dict[str, int]]:
    """Mentions by kind for each row."""
    place = _match(spoken[columns].astype(object), rows[columns], columns)
    kind = facts.mentions["kind"].to_numpy()[spoken["unit"]]
    known = ~np.isnan(place.astype(float))
    counts = pd.crosstab(place[known].astype(int), kind[known]).reindex(range(len(rows)), fill_value=0)
    return [{str(k): int(v) for k, v in row.items() if v} for row in counts.to_dict("records")]


def _evidence(facts: Facts, spoken: pd.DataFrame, rows: pd.DataFrame, columns: list[str]) -> list[list[str]]:
    place = pd.Series(_match(spoken[columns].astype(object), rows[columns], columns), index=spoken.index).dropna()
    return evidence(facts, spoken.loc[place.index], place.astype(int), len(rows))


def _without_holes(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Periods between the first and the last that nobody spoke in: n = 0; the share of nothing is null."""
    totals = rows.groupby("period")["base"].first()
    names = [c for c in columns_of(by) if c != "period"]
    parts = []
    for _, block in rows.groupby(names) if names else [(None, rows)]:
        span = periods.span(block["period"].min(), block["period"].max())
        filled = block.set_index("period").reindex(span).rename_axis("period").reset_index()
        filled["n"] = filled["n"].fillna(0)
        base = filled["period"].map(totals) if by != "period" else filled["base"].fillna(rows["base"].iloc[0])
        filled["base"] = base.fillna(0)
        empty = filled["value"].isna() & (filled["base"] > 0)
        filled.loc[empty, "value"] = 0.0
        filled[names] = filled[names].ffill()
        parts.append(filled)
    return pd.concat(parts, ignore_index=True)
