"""Why a score moved between two periods: more people say it, or it hurts more.

Contribution of a theme: `c = π d`, `d = ȳ_t − ȳ_o`; `Δc = mean(d) Δπ + mean(π) Δd`. Sources and the later
period are fitted together, and the sources' part is taken out of each answer, so that a changed mix of sources is not
taken for a change of mind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.insight.facts import Facts
from cxnlp.insight.impact import Answers, Sums, answers, bootstrap_interval, resampled, sums
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
    """The chosen answers, with their sources and customers numbered anew."""
    kept, source = np.unique(found.source[chosen], return_inverse=True)
    cluster = np.unique(found.cluster[chosen], return_inverse=True)[1]
    return replace(
        found, y=found.y[chosen], unit=found.unit[chosen], source=source, cluster=cluster, sources=found.sources[kept],
        has=found.has[chosen],
    )  # fmt: skip


def _decompose(found: Answers, late: np.ndarray, facts: Facts) -> dict[str, Any]:
    """Per theme and replicate: change, its two parts; and shares and gaps of the data."""
    setting = facts.settings.insight
    weights = resampled(int(found.cluster.max()) + 1, setting.bootstrap, setting.seed)
    total = _by_period(found, late, weights)
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


def _by_period(found: Answers, late: np.ndarray, weights: np.ndarray) -> Sums:
    """Sums before and after, without the sources' effects: least squares of the score on sources and a late dummy.

    Each replicate fits its own. The dummy's coefficient is the mean of the sources' changes, each weighing n_o n_t / n.
    """
    k = len(found.sources)
    raw = sums(replace(found, source=2 * found.source + late, sources=np.arange(2 * k)), weights)
    total, total_y, n, y = (a.reshape(k, 2, *a.shape[1:]) for a in (raw.total, raw.total_y, raw.n, raw.y))
    whole = total.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = total.prod(axis=1) / whole
        moved = total_y[:, 1] / total[:, 1] - total_y[:, 0] / total[:, 0]
        rise = np.nansum(weight * moved, axis=0) / np.nansum(weight, axis=0)
        effect = (total_y.sum(axis=1) - rise * total[:, 1]) / whole
    effect = np.where(whole > 0, effect, 0)[:, None]  # a source that a replicate did not draw
    own = effect[:, :, None]
    return Sums(total.sum(axis=0), (total_y - effect * total).sum(axis=0), n.sum(axis=0), (y - own * n).sum(axis=0))


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
