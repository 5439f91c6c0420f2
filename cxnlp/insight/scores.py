"""NPS, CSAT, CES, rating, recommendation and net sentiment, with intervals, for every group. Nothing is inferred.

Everyone who answered counts, those without words too.

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
from cxnlp.insight.rows import joined, objects, suppress

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
    values: np.ndarray  # one per unit; NaN where it has none
    low: float
    high: float
    details: dict
    parts: pd.Series | None = None  # one per unit: pos, promoters, … counted in details

    @property
    def is_share(self) -> bool:
        """Whether the mean is a percentage of yes."""
        return self.name in ("csat", "recommended")


def available(facts: Facts) -> list[Score]:
    """Scores that the feedback carries."""
    cached = facts.cache.get("scores")
    if cached is None:
        made = [_response(facts, name) for name in RESPONSES] + [_sentiment(facts), _net_sentiment(facts)]
        cached = facts.cache["scores"] = [score for score in made if np.isfinite(score.values).any()]
    return cached


def scores(facts: Facts) -> pd.DataFrame:
    """Rows of type score; see README.md."""
    parts, facts = [], facts.answered
    for score in available(facts):
        extra = ("touchpoint+period",) if score.name == "net_sentiment" else ()
        parts += [_rows(facts, score, by) for by in GROUPS + extra]
    rows, least = joined(parts), facts.settings.insight.min_n
    return suppress(rows, rows["n"] < least, least) if len(rows) else rows


def scored(facts: Facts, score: Score, by: str) -> Members:
    """Memberships of the units that have the score."""
    found = members(facts, by, score.level)
    return found.where(np.isfinite(score.values[found.unit]))


def estimate(facts: Facts, score: Score, units: Members) -> pd.DataFrame:
    """value, low, high, n for each group of `units`, unsuppressed; the groups' columns first."""
    value = score.values[units.unit]
    cluster = (facts.mentions if score.level == "mention" else facts.texts)["cluster"].to_numpy()[units.unit]
    means = stats.clustered_means(units.key, cluster, value / 100 if score.is_share else value, len(units))
    if score.is_share:
        low, high = stats.share_interval(means)
        return units.groups.assign(value=100 * means.mean, low=low, high=high, n=means.n)
    low, high = stats.mean_interval(means, score.low, score.high)
    return units.groups.assign(value=means.mean, low=low, high=high, n=means.n)


def _rows(facts: Facts, score: Score, by: str) -> pd.DataFrame:
    units = scored(facts, score, by)
    if not len(units):
        return pd.DataFrame()
    rows = estimate(facts, score, units)
    split = counts(units.key, score.parts.iloc[units.unit], len(rows)) if score.parts is not None else [{}] * len(rows)
    worded = _worded(facts, units) if score.level == "response" else [{}] * len(rows)
    rows["details"] = objects(rows, [{**score.details, **a, **b} for a, b in zip(split, worded, strict=True)])
    rows["evidence"] = objects(rows, _evidence(facts, score, by, units))
    rows["base"] = rows["n"]
    return rows.assign(type="score", metric=score.name, by=by)


def _worded(facts: Facts, units: Members) -> list[dict[str, int]]:
    """How many of a group's responses came with words, where not all did."""
    spoke = np.zeros(len(facts.texts), dtype=bool)
    spoke[facts.texts.loc[facts.texts["worded"], "anchor"].to_numpy()] = True
    n = np.bincount(units.key, weights=spoke[units.unit], minlength=len(units)).astype(int)
    whole = np.bincount(units.key, minlength=len(units))
    return [{"worded": int(a)} if a < b else {} for a, b in zip(n, whole, strict=True)]


def _evidence(facts: Facts, score: Score, by: str, units: Members) -> list[list[str]]:
    """Mentions of the group's texts that carry the score."""
    if score.level == "mention":
        return evidence(facts, units.unit, units.key, len(units))
    spoken = members(facts, by, "mention")
    anchor = facts.texts["anchor"].to_numpy() if score.level == "response" else facts.texts.index.to_numpy()
    text = facts.mentions["text"].to_numpy()[spoken.unit]
    place = match(spoken.groups, units.groups)[spoken.key]
    fits = np.isfinite(score.values[anchor[text]]) & (place >= 0)
    return evidence(facts, spoken.unit[fits], place[fits], len(units))


def _response(facts: Facts, name: str) -> Score:
    """A score given by the customer, once per response: on the position of the response's first text."""
    texts = facts.texts
    given = texts[name].dropna().astype(float)
    anchor = texts["anchor"].loc[given.index].to_numpy()
    value = given.groupby(anchor).first().reindex(texts.index)
    if name == "nps":
        known = value.notna()
        kinds = pd.Series(np.select([value >= 9, value <= 6], ["promoters", "detractors"], "passives"), value.index)
        coded = kinds.map({"promoters": 100.0, "passives": 0.0, "detractors": -100.0}).where(known)
        return Score(name, "response", coded.to_numpy(), -100, 100, {"scale": [0, 10]}, kinds.where(known))
    if name == "recommended":
        return Score(name, "response", 100 * value.to_numpy(), 0, 100, {})
    default = 7.0 if name == "ces" else 5.0
    top = texts[f"{name}_max"].fillna(default).loc[given.index].groupby(anchor).first().reindex(texts.index)
    details: dict = {"scale": [1, float(top.max()) if len(given) else default]}
    if name == "csat":
        details |= {"definition": "top-2-box", "mean": round(float(value.mean()), 3) if len(given) else None}
        return Score(name, "response", (100.0 * (value >= top - 1)).where(value.notna()).to_numpy(), 0, 100, details)
    if top.nunique() > 1:  # sources with different tops: linearly to one scale
        details = {"scale": [1, default], "rescaled": True}
        value = 1 + (value - 1) * (default - 1) / (top - 1)
    return Score(name, "response", value.to_numpy(), float(np.fmin(1.0, value.min())), details["scale"][1], details)


def _sentiment(facts: Facts) -> Score:
    label = facts.texts["sentiment"]
    coded = label.map({"pos": 100.0, "neg": -100.0, "neu": 0.0, "mixed": 0.0}).to_numpy(dtype=float)
    return Score("sentiment", "text", coded, -100, 100, {}, label)


def _net_sentiment(facts: Facts) -> Score:
    said = facts.mentions
    return Score("net_sentiment", "mention", 100 * said["sign"].to_numpy(), -100, 100, {}, said["polarity"])
