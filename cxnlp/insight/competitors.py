"""Brands against each other: net sentiment by touchpoint, minus that of the other brands in the same sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.rows import joined, objects

_MOST = 20  # brands with most mentions


def competitors(facts: Facts) -> pd.DataFrame:
    """Rows of type competitor; see README.md."""
    texts = facts.texts[["source", "brand"]].dropna()
    several = texts.groupby("source")["brand"].nunique()
    texts = texts[texts["source"].isin(several.index[several > 1])]
    said = facts.mentions[facts.mentions["text"].isin(texts.index) & facts.mentions["sign"].notna()]
    if not len(said):
        return pd.DataFrame()
    brand, source = texts["brand"].reindex(said["text"]), texts["source"].reindex(said["text"])
    said = said.assign(brand=brand.to_numpy(), source=source.to_numpy(), unit=said.index)
    names = said["brand"].value_counts().index[:_MOST]
    parts = [_brand(facts, said, name, by) for name in names for by in ("brand", "brand+touchpoint")]
    rows = joined(parts)
    if not len(rows):
        return pd.DataFrame()
    rows["q_value"] = stats.benjamini_hochberg(rows["p_value"].to_numpy())
    for detail, q, value in zip(rows["details"], rows["q_value"], rows["value"], strict=True):
        detail |= {"verdict": "even" if not q <= stats.FDR else "strength" if value > 0 else "weakness"}
        detail |= {"family": "brands", "tests": len(rows)}
    rows["rank"] = rows.groupby("by")["p_value"].rank(method="first")
    return rows.assign(type="competitor", metric="difference")


def _brand(facts: Facts, said: pd.DataFrame, name: str, by: str) -> pd.DataFrame:
    """One brand against the others, where both have at least min_n mentions."""
    said = said[said["source"].isin(said.loc[said["brand"] == name, "source"].unique())]
    touchpoint, names = pd.factorize(
        said["touchpoint"] if by == "brand+touchpoint" else said["brand"].map(lambda _: "")
    )
    own = (said["brand"] == name).to_numpy()
    k = len(names)
    means = stats.clustered_means(
        touchpoint * 2 + ~own, said["cluster"].to_numpy(), 100 * said["sign"].to_numpy(), 2 * k
    )
    n, mean, se = (a.reshape(k, 2) for a in (means.n, means.mean, means.se))
    change, spread = mean[:, 0] - mean[:, 1], np.sqrt((se**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        p = stats.two_sided(change / spread)
    low, high = stats.difference_interval(means, -100, 100)
    rows = pd.DataFrame({"value": change, "low": low, "high": high})
    rows = rows.assign(n=n[:, 0], base=n[:, 1], p_value=p, brand=name, by=by)
    if by == "brand+touchpoint":
        rows["touchpoint"] = np.asarray(names, dtype=object)
    rows["evidence"] = objects(rows, evidence(facts, said["unit"].to_numpy()[own], touchpoint[own], k))
    rows["details"] = objects(
        rows,
        [{"brand_value": a, "others_value": b, "others_n": int(m)} for (a, b), m in zip(mean, n[:, 1], strict=True)],
    )
    return rows[(n >= facts.settings.insight.min_n).all(axis=1)]
