"""Who speaks, and of what: texts per group with their share, Wilson's interval allowing for repeated customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import Members, columns_of, counts, distinct, match, members
from cxnlp.insight.rows import joined, objects

# group → what its shares are of: "all" texts, or the texts of another dimension
GROUPS = {
    "all": "all", "stage": "all", "touchpoint": "all", "topic": "all", "source": "all", "channel": "all",
    "brand": "all", "language": "all", "segment": "all", "period": "all",
    "stage+segment": "segment", "stage+source": "source", "stage+channel": "channel", "stage+brand": "brand",
    "stage+language": "language", "stage+period": "period", "touchpoint+period": "period", "topic+period": "period",
    "source+period": "period", "language+period": "period",
}  # fmt: skip


def volumes(facts: Facts) -> pd.DataFrame:
    """Rows of type volume; see README.md."""
    parts = [_volume(facts, by, of) for by, of in GROUPS.items()]
    return joined(parts)


def shares(facts: Facts, texts: Members, of: str) -> pd.DataFrame:
    """One row per group of `texts` (units = texts): its columns, value %, low, high, n, base.

    The base is every text of `of` ("all", or dimensions that the groups contain); for segments, of the known ones.
    """
    base = members(facts, of)
    place = match(texts.groups, base.groups)
    cluster = facts.texts["cluster"].to_numpy()
    n, total = np.bincount(texts.key, minlength=len(texts)), np.bincount(base.key, minlength=len(base))[place]
    variance = _variance(texts, base, place, cluster, n, total)
    share, customers = n / total, distinct(base.key, cluster[base.unit], len(base))[place]
    effective = total / stats.design_effect(variance, share, total, customers)
    low, high = stats.wilson(share * effective, effective)
    return texts.groups.assign(value=100 * share, low=low, high=high, n=n, base=total)


def _variance(
    texts: Members, base: Members, place: np.ndarray, cluster: np.ndarray, n: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Cluster-robust variance of n/total: Σ over customers of (theirs in the group − share × theirs in the base)²."""
    width = int(cluster.max(initial=0)) + 1
    pairs, mine = np.unique(texts.key.astype(np.int64) * width + cluster[texts.unit], return_counts=True)
    base_pairs, theirs = np.unique(base.key.astype(np.int64) * width + cluster[base.unit], return_counts=True)
    group, who = pairs // width, pairs % width
    all_of_them = theirs[np.searchsorted(base_pairs, place[group] * width + who)]
    share = n / total
    squares = np.bincount(base_pairs // width, weights=theirs.astype(float) ** 2, minlength=len(base))[place]
    inside = np.bincount(group, weights=mine**2 - 2 * share[group] * mine * all_of_them, minlength=len(n))
    return (inside + share**2 * squares) / total**2


def _volume(facts: Facts, by: str, of: str) -> pd.DataFrame:
    texts = members(facts, by)
    if not len(texts):
        return pd.DataFrame()
    rows = shares(facts, texts, of)
    spoken = members(facts, by, "mention")
    place = match(spoken.groups, texts.groups)[spoken.key]
    customers = distinct(texts.key, facts.texts["customer"].to_numpy()[texts.unit], len(rows)).tolist()
    kinds = counts(place, facts.mentions["kind"].iloc[spoken.unit], len(rows))
    rows["details"] = objects(
        rows, [{"customers": c, "mentions": sum(k.values()), "kinds": k} for c, k in zip(customers, kinds, strict=True)]
    )
    if by == "stage":
        stated = facts.stages.groupby("stage")["from_source"].mean().to_dict()
        rows["details"] = objects(
            rows, [{**d, "from_source": stated[s]} for d, s in zip(rows["details"], rows["stage"], strict=True)]
        )
    rows["evidence"] = objects(rows, evidence(facts, spoken.unit, place, len(rows)))
    if by in ("period", "source+period"):
        rows = _without_holes(rows, by)
    return rows.assign(type="volume", metric="share", by=by)


def _without_holes(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Periods between the first and the last that nobody spoke in: n = 0; the share of nothing is null."""
    totals = rows.groupby("period")["base"].first()
    names = [c for c in columns_of(by) if c != "period"]
    parts = []
    for _, block in rows.groupby(names) if names else [(None, rows)]:
        span = periods.span(block["period"].min(), block["period"].max())
        filled = block.set_index("period").reindex(span).rename_axis("period").reset_index()
        base = filled["period"].map(totals) if names else pd.Series(float(rows["base"].iloc[0]), index=filled.index)
        filled["base"], filled["n"] = base.fillna(0), filled["n"].fillna(0)
        filled.loc[filled["value"].isna() & (filled["base"] > 0), "value"] = 0.0
        filled[names] = filled[names].ffill()
        parts.append(filled)
    return pd.concat(parts, ignore_index=True)
