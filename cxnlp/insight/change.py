"""Why a score moved between two periods: more people say it, or it hurts more.

Contribution of a theme: `c = π d`, `d = ȳ_t − ȳ_o`; `Δc = mean(d) Δπ + mean(π) Δd`. Each answer is measured against
the mean of its source over both periods, so that a changed mix of sources is not taken for a change of mind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.insight.facts import Facts
from cxnlp.insight.impact import Answers, answers, bootstrap_interval, resampled, sums
from cxnlp.insight.rows import joined, objects, suppress
from cxnlp.insight.scores import Score, available

_LEAST_IN_PERIOD = 3  # answers with the theme in a period, below which its gap is not computed


def changes(facts: Facts) -> pd.DataFrame:
    """Rows of type change; see README.md."""
    parts = [_changes(facts, score) for score in available(facts) if score.level != "mention"]
    return joined(parts)


def last_two(facts: Facts, score: Score) -> tuple[str, str] | None:
    """The last complete period with enough answers, and the latest one before it; null if there are none."""
    given = facts.texts.loc[np.isfinite(score.values), "period"].dropna().value_counts()
    enough = sorted(given.index[given >= facts.settings.insight.min_n])
    if facts.as_of is None:
        return None
    tomorrow = facts.as_of + pd.Timedelta(days=1)
    complete = [p for p in enough if periods.start(periods.shift(p, 1), facts.settings.project.timezone) <= tomorrow]
    return (complete[-2], complete[-1]) if len(complete) > 1 else None


def _changes(facts: Facts, score: Score) -> pd.DataFrame:
    pair = last_two(facts, score)
    if pair is None:
        return pd.DataFrame()
    found = answers(facts, score, ("touchpoint",))
    when = facts.texts["period"].iloc[found.unit].to_numpy()
    late, used = when == pair[1], np.isin(when, pair)
    both = set(found.source[used & late]) & set(found.source[used & ~late])
    used &= np.isin(found.source, list(both))
    if not used.any():
        return pd.DataFrame()
    table = _decompose(_part(found, used), late[used], facts)
    rows = found.themes[found.themes["kind"] != "request"].reset_index(drop=True)
    keep = (found.themes["kind"] != "request").to_numpy()
    before, after = (_means(found, used & ~late), _means(found, used & late))
    rows = _rows(rows, {k: v[keep] for k, v in table.items() if k != "all"}, pair)
    rows, least = rows[rows["n"] > 0], facts.settings.insight.min_n
    rows = suppress(rows, rows["n"] < least, least)
    low, high = bootstrap_interval(table["all"])
    whole = {"by": "all", "value": table["all"][0, 0], "low": low[0], "high": high[0], "n": int((used & late).sum())}
    details = {"score_before": before, "score_after": after, "before": pair[0], "like_for_like": len(both) > 1}
    rows = pd.concat([pd.DataFrame([{**whole, "base": int(used.sum()), "details": details}]), rows], ignore_index=True)
    rows["rank"] = rows["value"].where(rows["by"] != "all").rank(method="first")
    return rows.assign(type="change", metric="contribution", score=score.name, period=pair[1])


def _part(found: Answers, chosen: np.ndarray) -> Answers:
    """The chosen answers, in one source, each measured from its source's mean."""
    y, source = found.y[chosen], found.source[chosen]
    mean = np.bincount(source, weights=y) / np.maximum(np.bincount(source), 1)
    cluster = np.unique(found.cluster[chosen], return_inverse=True)[1]
    one = np.zeros(len(y), dtype=int)
    return replace(
        found, y=y - mean[source], unit=found.unit[chosen], source=one, cluster=cluster, sources=np.array([""]),
        has=found.has[chosen],
    )  # fmt: skip


def _decompose(found: Answers, late: np.ndarray, facts: Facts) -> dict[str, Any]:
    """Per theme and replicate: change, its two parts; and shares and gaps of the data."""
    setting = facts.settings.insight
    weights = resampled(int(found.cluster.max()) + 1, setting.bootstrap, setting.seed)
    period = replace(found, source=late.astype(int), sources=np.array(["before", "after"]))  # a "source" per period
    total = sums(period, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = total.n / total.total[:, None]
        gap = total.y / total.n - (total.total_y[:, None] - total.y) / (total.total[:, None] - total.n)
        score = total.total_y / total.total
    few = total.n[..., :1] < _LEAST_IN_PERIOD
    gap = np.where(few | ~np.isfinite(gap), np.nan, gap)
    gap = np.where(np.isfinite(gap), gap, gap[::-1])  # too few in one period: the other's gap stands for it
    more = gap.mean(axis=0) * (share[1] - share[0])
    hurts = share.mean(axis=0) * (gap[1] - gap[0])
    return {
        "change": more + hurts, "more": more[:, 0], "hurts": hurts[:, 0], "share_0": share[0, :, 0],
        "share_1": share[1, :, 0], "gap_0": gap[0, :, 0], "gap_1": gap[1, :, 0],
        "n": total.n[:, :, 0].sum(axis=0), "base": np.full(share.shape[1], total.total[:, 0].sum()),
        "all": (score[1] - score[0])[None, :],
    }  # fmt: skip


def _rows(themes: pd.DataFrame, table: dict[str, Any], pair: tuple[str, str]) -> pd.DataFrame:
    low, high = bootstrap_interval(table["change"])
    rows = themes.assign(value=table["change"][:, 0], low=low, high=high, n=table["n"], base=table["base"])
    rows["details"] = objects(rows, [
        {"before": pair[0], "more_people": a, "hurts_more": b, "share_before": 100 * c, "share_after": 100 * d,
         "gap_before": e, "gap_after": f}
        for a, b, c, d, e, f in zip(
            *(table[k] for k in ("more", "hurts", "share_0", "share_1", "gap_0", "gap_1")), strict=True
        )
    ])  # fmt: skip
    return rows


def _means(found: Answers, chosen: np.ndarray) -> float:
    return float(found.y[chosen].mean())
