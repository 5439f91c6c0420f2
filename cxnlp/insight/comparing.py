"""Before and after, or A and B: what is different, with test and effect size. Two samples, told apart by the caller.

Shares: difference of proportions, customers as clusters, Cohen's h. Scores: difference of means, Cohen's d. One
Benjamini-Hochberg over everything compared.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cxnlp.config import Settings
from cxnlp.insight import stats
from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts, prepare
from cxnlp.insight.finding import finish
from cxnlp.insight.groups import Members, match, members
from cxnlp.insight.ranked import of_kind
from cxnlp.insight.rows import joined, objects, suppress
from cxnlp.insight.scores import Score, available, scored

_KINDS = ("pain", "praise", "request", "question")
_SIZES = ((0.8, "large"), (0.5, "medium"), (0.2, "small"))  # Cohen 1988


def compare(
    feedback: pd.DataFrame, mentions: pd.DataFrame, topics: pd.DataFrame, after: pd.Series, settings: Settings
) -> pd.DataFrame:
    """Rows of type comparison (README.md). `after`: True, False or null per feedback row, on the index of `feedback`.

    Rows where `after` is null are left out. Customers in both samples are clusters of both: the test does not pair
    them, which makes it careful rather than sharp.
    """
    chosen = after.notna()
    side = pd.Series(after[chosen].astype(bool).to_numpy(), index=feedback.loc[chosen, "feedback_id"])
    facts = prepare(feedback[chosen], mentions, topics, None, settings, None)
    late, late_answer = (side.reindex(f.texts["feedback_id"]).to_numpy(dtype=bool) for f in (facts, facts.answered))
    parts = [_shares(facts, late, kind) for kind in _KINDS]
    for score in available(facts.answered):
        parts += [_scores(facts.answered, late_answer, score, by) for by in ("all", "stage", "touchpoint")]
    rows = joined(parts)
    if not len(rows):
        return finish(rows, facts)
    least = settings.insight.min_n
    rows = suppress(rows, (rows["n"] < least) | (rows["base"] < least), least)
    rows["p_value"] = rows["p_value"].where(rows["value"].notna())
    rows["q_value"] = stats.benjamini_hochberg(rows["p_value"].to_numpy())
    rows["rank"] = rows["q_value"].rank(method="first")
    return finish(rows.assign(type="comparison"), replace(facts, cache={}))


def _shares(facts: Facts, late: np.ndarray, kind: str) -> pd.DataFrame:
    """Share of texts that say it, before and after, by touchpoint."""
    said = of_kind(facts, "touchpoint", kind)
    if not len(said):
        return pd.DataFrame()
    texts = said.mapped(facts.mentions["text"].to_numpy())
    n, k = len(facts.texts), len(texts)
    hit = np.zeros((k, n))
    hit[texts.key, texts.unit] = 100.0
    key = np.repeat(np.arange(k), n) * 2 + np.tile(~late, k)
    means = stats.clustered_means(key, np.tile(facts.texts["cluster"].to_numpy(), k), hit.ravel(), 2 * k)
    share = np.clip(means.mean.reshape(k, 2) / 100, 0, 1)
    effect = 2 * np.arcsin(np.sqrt(share[:, 0])) - 2 * np.arcsin(np.sqrt(share[:, 1]))
    rows = _rows(texts, means, effect, 0, 100)
    recent = late[facts.mentions["text"].to_numpy()[said.unit]]
    rows["evidence"] = objects(rows, evidence(facts, said.unit[recent], said.key[recent], k, RANKED))
    return rows.assign(metric="share", by="touchpoint", kind=kind)


def _scores(facts: Facts, late: np.ndarray, score: Score, by: str) -> pd.DataFrame:
    units = scored(facts, score, by)
    if not len(units):
        return pd.DataFrame()
    table, k = (facts.mentions if score.level == "mention" else facts.texts), len(units)
    text = facts.mentions["text"].to_numpy()[units.unit] if score.level == "mention" else units.unit
    value, cluster = score.values[units.unit], table["cluster"].to_numpy()[units.unit]
    key = units.key * 2 + ~late[text]
    means = stats.clustered_means(key, cluster, value, 2 * k)
    spread = _spread(key, value, means.mean, k)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.diff(means.mean.reshape(k, 2)[:, ::-1]).ravel() / spread
    rows = _rows(units, means, effect, score.low, score.high)
    spoken = members(facts, by, "mention")
    recent = late[facts.mentions["text"].to_numpy()[spoken.unit]]
    place = match(spoken.groups, units.groups)[spoken.key]
    chosen = recent & (place >= 0)
    rows["evidence"] = objects(rows, evidence(facts, spoken.unit[chosen], place[chosen], k))
    return rows.assign(metric=score.name, by=by)


def _spread(key: np.ndarray, value: np.ndarray, mean: np.ndarray, k: int) -> np.ndarray:
    """Pooled standard deviation of both samples per group."""
    squares = np.bincount(key // 2, weights=(value - mean[key]) ** 2, minlength=k)
    return np.sqrt(squares / np.maximum(np.bincount(key // 2, minlength=k) - 2, 1))


def _rows(units: Members, means: stats.Means, effect: np.ndarray, low: float, high: float) -> pd.DataFrame:
    """after − before per group; groups of `means` are (after, before) pairs."""
    k = len(units)
    n, mean, se = (a.reshape(k, 2) for a in (means.n, means.mean, means.se))
    change = mean[:, 0] - mean[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        p = stats.two_sided(change / np.sqrt((se**2).sum(axis=1)))
    down, up = stats.difference_interval(means, low, high)
    rows = units.groups.assign(value=change, low=down, high=up, n=n[:, 0], base=n[:, 1], p_value=p)
    rows["details"] = objects(
        rows,
        (
            {"after": a, "before": b, "n_after": int(i), "n_before": int(j), "effect": e, "effect_size": _size(e)}
            for (a, b), (i, j), e in zip(mean, n, effect, strict=True)
        ),
    )
    return rows


def _size(effect: float) -> str:
    return next((name for least, name in _SIZES if abs(effect) >= least), "none")
