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
from cxnlp.insight.groups import Level, Members, counts, match, members

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


def scored(facts: Facts, score: Score, by: str) -> Members:
    """Memberships of the units that have the score."""
    found = members(facts, by, score.level)
    return found.where(np.isin(found.unit, score.values.index))


def estimate(facts: Facts, score: Score, units: Members) -> pd.DataFrame:
    """value, low, high, n for each group of `units`, unsuppressed; the groups' columns first."""
    value = score.values.loc[units.unit].to_numpy()
    cluster = (facts.mentions if score.level == "mention" else facts.texts)["cluster"].to_numpy()[units.unit]
    means = stats.clustered_means(units.key, cluster, value / 100 if score.is_share else value, len(units))
    if score.is_share:
        low, high = stats.share_interval(means)
        return units.groups.assign(value=100 * means.mean, low=low, high=high, n=means.n)
    low, high = stats.mean_interval(means, score.low, score.high)
    return units.groups.assign(value=means.mean, low=low, high=high, n=means.n)


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
    units = scored(facts, score, by)
    if not len(units):
        return pd.DataFrame()
    rows = estimate(facts, score, units)
    split = counts(units.key, score.parts.loc[units.unit], len(rows)) if len(score.parts) else [{}] * len(rows)
    rows["details"] = [{**score.details, **part} for part in split]
    rows["evidence"] = _evidence(facts, score, by, units)
    rows["base"] = rows["n"]
    rows = suppress(rows, facts.settings.insight.min_n)
    return rows.assign(type="score", metric=score.name, by=by)


def _evidence(facts: Facts, score: Score, by: str, units: Members) -> list[list[str]]:
    """Mentions of the group's texts that carry the score."""
    if score.level == "mention":
        return evidence(facts, units.unit, units.key, len(units))
    spoken = members(facts, by, "mention")
    anchor = facts.texts["anchor"].to_numpy() if score.level == "response" else facts.texts.index.to_numpy()
    text = facts.mentions["text"].to_numpy()[spoken.unit]
    place = match(spoken.groups, units.groups)[spoken.key]
    fits = np.isin(anchor[text], score.values.index) & (place >= 0)
    return evidence(facts, spoken.unit[fits], place[fits], len(units))


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
