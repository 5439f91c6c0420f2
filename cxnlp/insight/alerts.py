"""What someone should look at today: rises that pass every bar, new topics, score drops, broken feeds.

A trend becomes an alert when q ≤ alert_fdr over everything tested in the run, the ratio is at least alert_ratio and
the count at least alert_min_count. Feeds: a source that falls silent or floods, another mix of languages, broken
letters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as laws

from cxnlp.insight import rates, stats
from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import members
from cxnlp.insight.rows import detail, joined, objects
from cxnlp.insight.scores import Score, available
from cxnlp.insight.trends import BASELINE_WEEKS, Window, trends, window

BROKEN = "\ufffd|[ØÙÚÛ][\u0080-\u00bf§©±ª«¬®¯¹º»¼½¾¿„…†‡ˆ‰Š‹Œ]|Ã[\u0080-\u00bf©¨]"  # UTF-8 read as windows-1252
_ALARMING = ("pain", "request")
_LEAST_DROP = 0.2  # of a standard deviation
_LEAST_MIX = 15.0  # points that some language's share moved
_SILENT, _FLOOD = 0.2, 3.0  # of the usual volume
_REGULAR = 6  # of the last eight baseline weeks with texts: only a regular feed can fall silent


def trends_and_alerts(facts: Facts) -> pd.DataFrame:
    """Rows of types trend and alert, with q-values over all of them together; see README.md."""
    said = trends(facts)
    span: Window | None = facts.cache["window"]
    now = window(facts, covered=False)
    answered = span if facts.whole is None else window(facts.whole, covered=True)
    parts = [said]
    if answered is not None:
        parts.append(_drops(facts.answered, answered))
    if span is not None:
        parts += [_mixes(facts, span), _broken(facts, span)]
    if now is not None:
        parts.append(_feeds(facts, now))
    rows = joined(parts)
    if not len(rows):
        return rows
    rows["kind"] = rows.get("kind")  # feeds and scores are about no kind
    rows["q_value"] = stats.benjamini_hochberg(rows["p_value"].to_numpy())
    rows["passes"] = rows["passes"].eq(True) if "passes" in rows else False
    tests = int(rows["p_value"].notna().sum())
    rows["details"] = objects(
        rows, [{**d, "family": "trends, scores and feeds", "tests": tests} for d in rows["details"]]
    )
    found = _passing(rows, facts)
    kept = rows[rows["type"] == "trend"]
    kept = kept.assign(rank=kept["p_value"].rank(method="first"))
    return pd.concat([kept, found], ignore_index=True).drop(columns="passes")


def _passing(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Copies of the rows that pass every bar, as alerts, most serious first."""
    bars = facts.settings.insight
    trend = rows["type"] == "trend"
    rise = (
        trend & rows["kind"].isin(_ALARMING) & (rows["value"] >= bars.alert_ratio) & (rows["n"] >= bars.alert_min_count)
    )
    found = rows[(rows["q_value"] <= bars.alert_fdr) & (rise | rows["passes"].eq(True))].copy()
    if not len(found):
        return found
    new = (found["type"] == "trend") & (found["by"] == "topic") & (detail(found, "baseline") == 0)
    kinds = np.where(new, "emerging", detail(found, "alert").fillna("rise"))
    severe = (found["q_value"] <= 0.001) | detail(found, "alert").isin(["silent_source", "encoding"])
    found["details"] = objects(
        found,
        [
            {**d, "alert": a, "severity": "high" if s else "medium"}
            for d, a, s in zip(found["details"], kinds, severe, strict=True)
        ],
    )
    found = found.assign(type="alert", severe=severe)
    found = found.sort_values(["severe", "q_value", "n"], ascending=[False, True, False]).drop(columns="severe")
    period = facts.texts["period"].iloc[int(facts.texts["created_at"].argmax())]
    return found.assign(rank=range(1, len(found) + 1), period=period)


def _drops(facts: Facts, span: Window) -> pd.DataFrame:
    """Scores per source, recent against baseline; weeks differ among themselves, which the test allows for."""
    parts = [_drop(facts, span, score) for score in available(facts) if score.level != "mention"]
    return joined(parts)


def _drop(facts: Facts, span: Window, score: Score) -> pd.DataFrame:
    units = members(facts, "source", score.level)
    units = units.where(np.isfinite(score.values[units.unit]) & (span.week[units.unit] >= 0))
    recent, k = span.recent[units.unit].astype(int), len(units)
    value, cluster = score.values[units.unit], facts.texts["cluster"].to_numpy()[units.unit]
    if not k:
        return pd.DataFrame()
    means = stats.clustered_means(units.key * 2 + recent, cluster, value, 2 * k)
    n, mean, se = (a.reshape(k, 2) for a in (means.n, means.mean, means.se))
    between = _week_variance(units.key, span.week[units.unit], value, k)
    spread = np.sqrt((se**2).sum(axis=1) + between * (1 / BASELINE_WEEKS + 1 / span.weeks_recent))
    change = mean[:, 1] - mean[:, 0]
    deviation = np.sqrt(
        np.bincount(units.key, (value - mean[units.key, recent]) ** 2, k) / np.bincount(units.key, minlength=k)
    )
    enough = (n >= facts.settings.insight.min_n).all(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(enough, stats.two_sided(change / spread), np.nan)
    fell = enough & (change < -_LEAST_DROP * deviation)
    said = members(facts, "source", "mention")
    low_ones = span.recent[facts.mentions["text"].to_numpy()[said.unit]] & (
        facts.mentions["sign"].to_numpy()[said.unit] < 0
    )
    rows = units.groups.assign(value=change, low=change - stats.Z * spread, high=change + stats.Z * spread)
    rows = rows.assign(
        n=n[:, 1], base=n[:, 0], p_value=p, type="score", metric="score_change", score=score.name, by="source"
    )
    order = units.groups.merge(said.groups.assign(place=range(len(said))), on="source")["place"].to_numpy()
    lists = evidence(facts, said.unit[low_ones], said.key[low_ones], len(said), RANKED)
    rows["evidence"] = objects(rows, [lists[i] for i in order]) if len(order) == k else [[] for _ in range(k)]
    rows["details"] = objects(rows, [
        {"alert": "score_drop", "score_before": b, "score_after": a, "from": span.days[1], "to": span.days[2],
         "test": "difference of means, customers and weeks as clusters"}
        for b, a in mean.tolist()
    ])  # fmt: skip
    return rows.assign(passes=fell)


def _week_variance(key: np.ndarray, week: np.ndarray, value: np.ndarray, k: int) -> np.ndarray:
    """Variance of the weekly means of the baseline beyond what their n explains, per group; at least 0."""
    old = week < BASELINE_WEEKS
    cell = key[old] * BASELINE_WEEKS + week[old]
    n = np.bincount(cell, minlength=k * BASELINE_WEEKS).reshape(k, -1)
    total = np.bincount(cell, weights=value[old], minlength=k * BASELINE_WEEKS).reshape(k, -1)
    square = np.bincount(cell, weights=value[old] ** 2, minlength=k * BASELINE_WEEKS).reshape(k, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, rough = total / n, total.sum(axis=1) / n.sum(axis=1)
        inside = (square.sum(axis=1) / n.sum(axis=1) - rough**2)[:, None] / n
        found = np.nansum(np.where(n > 0, n * ((mean - rough[:, None]) ** 2 - inside), 0), axis=1) / n.sum(axis=1)
    return np.clip(np.nan_to_num(found), 0, None)


def _feeds(facts: Facts, span: Window) -> pd.DataFrame:
    """Volume per source: recent weeks against its own past, one text per week of exposure."""
    texts = facts.texts.index.to_numpy()
    volume = span.exposure
    old, new = volume[:, :BASELINE_WEEKS], volume[:, BASELINE_WEEKS:]
    began = np.argmax(old > 0, axis=1)
    weeks_old = np.where(old.any(axis=1), BASELINE_WEEKS - began, 0)
    regular = (old[:, -8:] > 0).sum(axis=1) >= _REGULAR
    live = (np.arange(BASELINE_WEEKS) >= began[:, None]).astype(float) * (weeks_old > 0)[:, None]
    _, alpha = rates.dispersion(old, live)
    alpha = np.clip(alpha, 0.02, None)
    recent, before = new.sum(axis=1).astype(float), old.sum(axis=1).astype(float)
    weeks = weeks_old + span.weeks_recent
    p = np.where(weeks > 0, span.weeks_recent / np.maximum(weeks, 1), np.nan)
    two, _ = rates.p_values(recent, before, p, weeks.astype(float), alpha)
    ratio, low, high = rates.ratio_interval(recent, before, p, weeks.astype(float), alpha)
    rows = pd.DataFrame({"source": span.sources, "value": ratio, "low": low, "high": high, "n": recent, "base": before})
    rows["p_value"] = np.where(regular, two, np.nan)
    expected = before / np.maximum(weeks_old, 1) * span.weeks_recent
    latest = [texts[(span.source == i)][-20:] for i in range(len(rows))]
    rows["evidence"] = objects(rows, [facts.texts["feedback_id"].iloc[t].tolist() for t in latest])
    rows["details"] = objects(rows, [
        {"alert": "silent_source" if r < 1 else "volume_spike", "recent": int(a), "expected": e, "evidence": "feedback",
         "from": span.days[1], "to": span.days[2], "test": "exact conditional (negative binomial)"}
        for r, a, e in zip(ratio, recent, expected, strict=True)
    ])  # fmt: skip
    far = (recent < _SILENT * expected) | (recent > _FLOOD * expected)
    least = facts.settings.insight.alert_min_count
    chosen = regular & far & (np.maximum(expected, recent) >= least)
    return rows.assign(type="feed", metric="rate_ratio", by="source", passes=chosen)


def _mixes(facts: Facts, span: Window) -> pd.DataFrame:
    """Languages per source, recent against baseline (chi-square); some share must have moved by 15 points."""
    rows = []
    inside = span.week >= 0
    language, names = pd.factorize(facts.texts["language"].fillna("other"))
    for i, source in enumerate(span.sources):
        mine = inside & (span.source == i)
        table = np.bincount(span.recent[mine] * len(names) + language[mine], minlength=2 * len(names)).reshape(2, -1)
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] < 2 or (table.sum(axis=1) < facts.settings.insight.min_n).any():
            continue
        shares = 100 * table / table.sum(axis=1, keepdims=True)
        moved = np.abs(shares[1] - shares[0]).argmax()
        p = laws.chi2_contingency(table, correction=False).pvalue
        shown = [str(n) for n, c in zip(names, np.bincount(language[mine], minlength=len(names)), strict=True) if c]
        ids = facts.texts.loc[mine & span.recent & (facts.texts["language"] == shown[moved]).to_numpy(), "feedback_id"]
        change = float(shares[1, moved] - shares[0, moved])
        rows.append(
            {"source": source, "value": change, "n": int(table[1].sum()), "base": int(table[0].sum()), "p_value": p,
             "type": "feed", "metric": "share_change", "by": "source", "evidence": ids.head(50).tolist(),
             "details": {"alert": "language_mix", "language": shown[moved], "share_before": shares[0, moved],
                         "share_after": shares[1, moved], "evidence": "feedback", "from": span.days[1],
                         "to": span.days[2], "test": "chi-square"}}
        )  # fmt: skip
    return pd.DataFrame([{**r, "passes": abs(r["value"]) >= _LEAST_MIX} for r in rows])


def _broken(facts: Facts, span: Window) -> pd.DataFrame:
    """Texts with letters that a wrong encoding leaves, per source: recent against baseline (Fisher's exact test)."""
    raw = facts.raw.set_index("feedback_id")["text"].reindex(facts.texts["feedback_id"])
    bad = raw.str.contains(BROKEN, regex=True, na=False).to_numpy()
    rows = []
    for i, source in enumerate(span.sources):
        mine = (span.week >= 0) & (span.source == i)
        new, old = mine & span.recent, mine & ~span.recent
        k1, n1, k2, n2 = bad[new].sum(), new.sum(), bad[old].sum(), old.sum()
        if not n1 or not n2:
            continue
        many = k1 >= facts.settings.insight.alert_min_count and k1 * n2 >= 2 * k2 * n1
        p = laws.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]], alternative="greater").pvalue
        rows.append(
            {"source": source, "value": 100 * k1 / n1, "n": int(k1), "base": int(n1), "p_value": p, "type": "feed",
             "metric": "share", "by": "source", "passes": many,
             "evidence": facts.texts.loc[new & bad, "feedback_id"].head(50).tolist(),
             "details": {"alert": "encoding", "evidence": "feedback", "from": span.days[1], "to": span.days[2],
                         "share_before": 100 * k2 / n2, "test": "Fisher"}}
        )  # fmt: skip
    return pd.DataFrame(rows)
