"""NPS, CSAT, CES, rating, recommendation and net sentiment, with intervals, for every group. Nothing is inferred.

NPS: promoters 9–10, detractors 0–6, `100 (P − D) / N` (Reichheld 2003). CSAT: top two boxes. CES, rating: means on
the declared scale. Net sentiment: % positive − % negative mentions (Chattermill).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import Level, columns_of, members, numbered

GROUPS = (
    "all", "stage", "touchpoint", "topic", "segment", "source", "channel", "brand", "language", "period",
    "source+period", "stage+period", "stage+segment", "stage+source", "stage+channel", "stage+brand", "stage+language",
)  # fmt: skip
RESPONSES = ("nps", "csat", "ces", "rating", "recommended")


@dataclass(frozen=True)
class Score:
    """One score: the value of each unit (response, text or mention) that has one; their mean is the score."""

    name: str
    level: Level
    values: pd.Series  # index = unit
    low: float
    high: float
    details: dict
    parts: pd.Series  # index = unit: pos, promoters, … counted in details

    @property
    def is_share(self) -> bool:
        """Whether the mean is a percentage of yes."""
        return self.name in ("csat", "recommended")


def available(facts: Facts) -> list[Score]:
    """Scores that the feedback carries."""
    cached = facts.cache.get("scores")
    if cached is None:
        made = [_response(facts, name) for name in RESPONSES] + [_sentiment(facts), _net_sentiment(facts)]
        cached = facts.cache["scores"] = [score for score in made if len(score.values)]
    return cached


def scores(facts: Facts) -> pd.DataFrame:
    """Rows of type score; see README.md."""
    parts = []
    for score in available(facts):
        extra = ("touchpoint+period",) if score.name == "net_sentiment" else ()
        parts += [_rows(facts, score, by) for by in GROUPS + extra]
    parts = [p for p in parts if len(p)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def estimate(facts: Facts, score: Score, by: str) -> pd.DataFrame:
    """value, low, high, n for each group of `by`, unsuppressed; columns of `by` first. `key` aligns with members."""
    table = members(facts, by, score.level)
    table = table[table["unit"].isin(score.values.index)]
    columns = columns_of(by)
    key, groups = numbered(table, columns)
    if not len(groups):
        return groups
    value = score.values.loc[table["unit"]].to_numpy()
    cluster = (facts.mentions if score.level == "mention" else facts.texts)["cluster"].to_numpy()[table["unit"]]
    means = stats.clustered_means(key.to_numpy(), cluster, value / 100 if score.is_share else value, len(groups))
    if score.is_share:
        low, high = stats.share_interval(means)
        return groups.assign(value=100 * means.mean, low=low, high=high, n=means.n)
    low, high = stats.mean_interval(means, score.low, score.high)
    return groups.assign(value=means.mean, low=low, high=high, n=means.n)


def suppress(rows: pd.DataFrame, min_n: int) -> pd.DataFrame:
    """Numbers below `min_n` become null and say so in details; n stays."""
    small = rows["n"] < min_n
    rows = rows.copy()
    rows.loc[small, ["value", "low", "high"]] = np.nan
    rows["details"] = [
        {**d, "suppressed": True, "min_n": min_n} if s else d for d, s in zip(rows["details"], small, strict=True)
    ]
    return rows


def _rows(facts: Facts, score: Score, by: str) -> pd.DataFrame:
    rows = estimate(facts, score, by)
    if not len(rows):
        return pd.DataFrame()
    columns = columns_of(by)
    table = members(facts, by, score.level)
    table = table[table["unit"].isin(score.values.index)]
    rows["details"] = _details(score, table, columns, len(rows))
    rows["evidence"] = _evidence(facts, score, by, table, columns, rows)
    rows["base"] = rows["n"]
    rows = suppress(rows, facts.settings.insight.min_n)
    return rows.assign(type="score", metric=score.name, by=by)


def _details(score: Score, table: pd.DataFrame, columns: list[str], k: int) -> list[dict]:
    key, _ = numbered(table, columns)
    if not len(score.parts):
        return [dict(score.details) for _ in range(k)]
    part = score.parts.loc[table["unit"]].to_numpy()
    counts = pd.crosstab(key.to_numpy(), part).reindex(range(k), fill_value=0)
    return [{**score.details, **{str(c): int(v) for c, v in row.items()}} for row in counts.to_dict("records")]


def _evidence(
    facts: Facts, score: Score, by: str, table: pd.DataFrame, columns: list[str], rows: pd.DataFrame
) -> list[list[str]]:
    """Mentions of the group's texts that carry the score."""
    if score.level == "mention":
        key, _ = numbered(table, columns)
        return evidence(facts, table, key, len(rows))
    spoken = members(facts, by, "mention")
    anchor = facts.texts["anchor"].to_numpy() if score.level == "response" else facts.texts.index.to_numpy()
    spoken = spoken[np.isin(anchor[facts.mentions["text"].to_numpy()[spoken["unit"]]], score.values.index)]
    if not columns:
        return evidence(facts, spoken, pd.Series(0, index=spoken.index), len(rows))
    places = rows[columns].assign(place=range(len(rows)))
    found = spoken.astype(dict.fromkeys(columns, object)).merge(places, on=columns)
    return evidence(facts, found, found["place"], len(rows))


def _response(facts: Facts, name: str) -> Score:
    given = facts.texts[name].dropna().astype(float)
    anchor = facts.texts["anchor"].loc[given.index]
    value = given.groupby(anchor.to_numpy()).first()
    none = pd.Series(dtype=object)
    if name == "nps":
        kinds = np.select([value >= 9, value <= 6], ["promoters", "detractors"], "passives")
        coded = pd.Series(np.select([value >= 9, value <= 6], [100.0, -100.0], 0.0), index=value.index)
        return Score("nps", "response", coded, -100, 100, {"scale": [0, 10]}, pd.Series(kinds, index=value.index))
    if name == "recommended":
        return Score(name, "response", 100 * value, 0, 100, {}, none)
    default = 7.0 if name == "ces" else 5.0
    top = facts.texts[f"{name}_max"].fillna(default).loc[given.index].groupby(anchor.to_numpy()).first()
    if name == "csat":
        details = {"definition": "top-2-box", "scale": [1, float(top.max())] if len(top) else [1, default]}
        details["mean"] = round(float(value.mean()), 3) if len(value) else None
        return Score(name, "response", 100.0 * (value >= top - 1), 0, 100, details, none)
    one_scale = top.nunique() <= 1
    scale = float(top.iloc[0]) if one_scale and len(top) else default
    if not one_scale:
        value = 1 + (value - 1) * (scale - 1) / (top - 1)
    details = {"scale": [1, scale]} | ({} if one_scale else {"rescaled": True})
    return Score(name, "response", value, min(1.0, value.min()) if len(value) else 1.0, scale, details, none)


def _sentiment(facts: Facts) -> Score:
    label = facts.texts["sentiment"].dropna()
    coded = label.map({"pos": 100.0, "neg": -100.0}).fillna(0.0).astype(float)
    return Score("sentiment", "text", coded, -100, 100, {}, label.astype(object))


def _net_sentiment(facts: Facts) -> Score:
    said = facts.mentions.loc[facts.mentions["sign"].notna()]
    return Score("net_sentiment", "mention", 100 * said["sign"], -100, 100, {}, said["polarity"].astype(object))
