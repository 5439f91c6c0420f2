"""What to fix first: the openly stated priority of each pain, and the three headlines that follow from it.

priority = customers × severity × impact × trend. impact = 1 + gap / half the score's scale, for a gap (score of those
who say it against the others) that is surely negative, between 1 and 3. trend = (recent + 5) / (expected + 5), between
½ and 2: the five keep small counts near 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxnlp.insight import stats
from cxnlp.insight.facts import Facts

_PREFERRED = ("nps", "rating", "csat", "recommended", "ces", "sentiment")
_HARDEST = 3
_LISTED = ("pain", "praise", "request")
_GENERAL = "general"  # an overall verdict: nothing that can be fixed
Key = tuple[str, str, str]  # topic | touchpoint, id, kind


def prioritised(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` of all families, pains with priority, its parts, the segments hit hardest, and ranked by it."""
    rows = rows.copy()
    impact, trend, hardest = _impacts(rows), _trends(rows), _hardest(rows)
    listed = rows.index[rows["type"].isin(_LISTED)]
    columns = ["type", "kind", "touchpoint", "topic_id", "details"]
    enriched = [_enriched(row, impact, trend, hardest) for row in rows.loc[listed, columns].to_dict("records")]
    rows.loc[listed, "details"] = pd.Series([details for details, _ in enriched], index=listed, dtype=object)
    rows["priority"] = pd.Series([priority for _, priority in enriched], index=listed, dtype=float)
    pains = rows[rows["type"] == "pain"]
    rows.loc[pains.index, "rank"] = pains.groupby("by")["priority"].rank(method="first", ascending=False)
    return rows


def _enriched(
    row: dict, impact: dict[Key, tuple[float, str]], trend: dict[Key, float], hardest: dict[Key, list]
) -> tuple[dict[str, Any], float | None]:
    """Details with what is known of the theme, and the priority of a pain."""
    key = _key(row)
    details = {**row["details"], "hit_hardest": hardest.get(key, [])}
    if row["type"] != "pain":
        return details, None
    factor, score = impact.get(key, (1.0, None))
    parts = {"customers": details["customers"], "severity": details["severity"]}
    parts |= {"impact": factor, "trend": trend.get(key, 1.0)}
    return {**details, "parts": parts, "impact_score": score}, float(np.prod(list(parts.values())))


def _key(row: Any) -> Key:
    """(topic | touchpoint, id, kind); where both are known the topic, which is the more exact."""
    topic = row["topic_id"]
    if isinstance(topic, str):
        return "topic", topic, row["kind"]
    return "touchpoint", row["touchpoint"], row["kind"]


def _impacts(rows: pd.DataFrame) -> dict[Key, tuple[float, str]]:
    """Impact factor per theme, from the score that most customers gave (sentiment only where there is no other)."""
    found = rows[(rows["metric"] == "impact") & rows["by"].isin(["touchpoint", "topic"]) & rows["value"].notna()]
    found = found.assign(
        order=found["score"].map({s: i for i, s in enumerate(_PREFERRED)}), other=found["score"] == "sentiment"
    )
    factors: dict[Key, tuple[float, str]] = {}
    for row in found.sort_values(["other", "base", "order"], ascending=[True, False, True]).to_dict("records"):
        low, high = row["details"]["scale"]
        gap = row["details"]["gap"] if row["high"] < 0 else 0.0
        factors.setdefault(_key(row), (round(float(np.clip(1 - gap / ((high - low) / 2), 1, 3)), 3), row["score"]))
    return factors


def _trends(rows: pd.DataFrame) -> dict[Key, float]:
    found = rows[rows["type"] == "trend"].to_dict("records")
    parts = {_key(row): (row["details"]["recent"], row["details"]["expected"]) for row in found}
    return {key: round(float(np.clip((k + 5) / (e + 5), 0.5, 2)), 3) for key, (k, e) in parts.items()}


def _hardest(rows: pd.DataFrame) -> dict[Key, list[dict[str, Any]]]:
    if not (rows["type"] == "segment").any():
        return {}
    found = rows[(rows["type"] == "segment") & (rows["q_value"] <= stats.FDR) & (rows["value"] > 1)]
    hardest: dict[Key, list[dict[str, Any]]] = {}
    for row in found.sort_values("value", ascending=False).to_dict("records"):
        listed = hardest.setdefault(_key(row), [])
        if len(listed) < _HARDEST:
            listed.append(
                {k: row[k] for k in ("segment", "segment_value", "low", "high")}
                | {"lift": row["value"], "q": row["q_value"]}
            )
    return hardest


def headlines(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Rows of type headline: what to fix first, for whom, is it getting better. Needs insight_id in `rows`."""
    pains = rows[(rows["type"] == "pain") & rows["by"].isin(["touchpoint+topic", "touchpoint"])]
    pains = pains[pains["touchpoint"] != _GENERAL]
    if not len(pains):
        return pd.DataFrame()
    by = "touchpoint+topic" if (pains["by"] == "touchpoint+topic").any() else "touchpoint"
    first = pains[pains["by"] == by].sort_values("priority", ascending=False).iloc[0]
    found = [_headline(first, "fix_first", 1)]
    key = _key(first)
    lifts = rows[(rows["type"] == "segment") & (rows["value"] > 1)]
    lifts = lifts[[_key(r) == key and r["details"]["significant"] for r in lifts.to_dict("records")]]
    if len(lifts):
        found.append(_headline(lifts.sort_values("value", ascending=False).iloc[0], "for_whom", 2))
    trends = rows[rows["type"] == "trend"]
    trends = trends[[_key(r) == key for r in trends.to_dict("records")]]
    if len(trends):
        found.append(_headline(trends.iloc[0], "better", 3))
        found[-1]["details"]["fdr"] = facts.settings.insight.alert_fdr
    return pd.DataFrame(found)


def _headline(row: pd.Series, metric: str, rank: int) -> dict[str, Any]:
    details = {**row["details"], "insight_id": row["insight_id"], "of": row["type"]}
    return {**dict(row), "type": "headline", "metric": metric, "rank": rank, "details": details}
