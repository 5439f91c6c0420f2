"""Is it said more often than before? Recent whole Saturday weeks against the 26 before, per text, per source.

Whole weeks, so that the weekly season (Iran's starts on Saturday) is the same on both sides. Rates, so that a survey
campaign is no crisis: expected = Σ over sources of its recent texts × its own rate. With a year more of history, what
the same weeks did a year ago is expected again (`rates.season`). One Benjamini-Hochberg over all series, alerts on
scores and feeds included (`alerts.py` adds theirs).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.insight import rates
from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import Members, codes
from cxnlp.insight.ranked import of_kind
from cxnlp.insight.rows import objects

KINDS = ("pain", "praise", "request")
BASELINE_WEEKS = 26
_YEAR = 52  # weeks: the same season and weekdays; Jalali dates move by one day or two
_COVERED = 0.2  # of the usual weekly volume, for a week to be the last of a trend
_LEAST_BASELINE = 8  # weeks with texts in the baseline, below which nothing is tested


@dataclass(frozen=True)
class Window:
    """Weeks 0…25 are the baseline, the rest is recent; `week` and `source` are per text (−1 = outside)."""

    week: np.ndarray
    source: np.ndarray
    sources: list[str]
    weeks_recent: int
    exposure: np.ndarray  # sources × weeks: texts
    days: tuple[str, str, str]  # first day of the baseline, of the recent weeks, last day (ISO)
    ago: Window | None = None  # the same weeks a year earlier, where there are texts in them

    @property
    def recent(self) -> np.ndarray:
        """Whether each text is recent."""
        return self.week >= BASELINE_WEEKS


def window(facts: Facts, *, covered: bool) -> Window | None:
    """The weeks that are compared; null where there is too little to compare with.

    They end with the last whole week up to `as_of`; if `covered`, with the last one that has a fifth of the usual
    texts: where exports end on different days, a few stragglers are no basis for a trend.
    """
    if facts.as_of is None:
        return None
    weeks_recent = 4 if facts.settings.insight.period == "month" else 1
    zone = facts.settings.project.timezone
    last = int(periods.week_index(pd.Series([facts.as_of + pd.Timedelta(days=1)]), zone).iloc[0]) - 1
    index = periods.week_index(facts.texts["created_at"], zone)
    if covered:
        volume = index[(index <= last) & (index > last - 2 * BASELINE_WEEKS)].value_counts()
        last = int(volume.index[volume >= _COVERED * volume.median()].max()) if len(volume) else last
    first = last - weeks_recent - BASELINE_WEEKS + 1
    found, ago = (_window(facts, index, start, weeks_recent) for start in (first, first - _YEAR))
    return replace(found, ago=ago) if found is not None else None


def _window(facts: Facts, index: pd.Series, first: int, weeks_recent: int) -> Window | None:
    last = first + BASELINE_WEEKS + weeks_recent - 1
    week = (index - first).where((index >= first) & (index <= last)).fillna(-1).to_numpy(dtype=int)
    table = codes(facts.texts["source"])
    source = np.full(len(week), -1)
    source[table.unit] = table.key
    width = BASELINE_WEEKS + weeks_recent
    seen = (week >= 0) & (source >= 0)
    exposure = np.bincount(source[seen] * width + week[seen], minlength=len(table) * width).reshape(len(table), width)
    if (exposure[:, :BASELINE_WEEKS].sum(axis=0) > 0).sum() < _LEAST_BASELINE or not exposure[:, BASELINE_WEEKS:].any():
        return None
    starts = [pd.Timestamp(0) + pd.Timedelta(days=7 * w - 5) for w in (first, first + BASELINE_WEEKS, last + 1)]
    days = tuple(str(day.date()) for day in (starts[0], starts[1], starts[2] - pd.Timedelta(days=1)))
    return Window(week, source, table.groups["source"].tolist(), weeks_recent, exposure, (days[0], days[1], days[2]))


def trends(facts: Facts) -> pd.DataFrame:
    """Rows of type trend with p_value, without q_value yet (it is set over all tests together); see README.md."""
    span = window(facts, covered=True)
    facts.cache["window"] = span
    if span is None:
        return pd.DataFrame()
    parts = [_trends(facts, span, by, kind) for by in ("touchpoint", "topic") for kind in KINDS]
    parts = [p for p in parts if len(p)]
    return _tested(pd.concat(parts, ignore_index=True), span) if parts else pd.DataFrame()


def weekly(texts: Members, span: Window) -> np.ndarray:
    """Texts per group, source and week."""
    week, source = span.week[texts.unit], span.source[texts.unit]
    seen = (week >= 0) & (source >= 0)
    sources, width = span.exposure.shape
    cell = (texts.key[seen] * sources + source[seen]) * width + week[seen]
    return np.bincount(cell, minlength=len(texts) * sources * width).reshape(len(texts), sources, width)


def _trends(facts: Facts, span: Window, by: str, kind: str) -> pd.DataFrame:
    said = of_kind(facts, by, kind)
    if not len(said):
        return pd.DataFrame()
    text = facts.mentions["text"].to_numpy()
    texts = said.mapped(text)
    table = compare_weeks(weekly(texts, span), span.exposure)
    if span.ago is not None:
        ago = compare_weeks(weekly(texts, span.ago), span.ago.exposure)
        table = table.assign(**{f"ago_{c}": ago[c] for c in ("recent", "baseline", "expected")})
    recent = span.recent[text[said.unit]]
    rows = said.groups.assign(by=by, kind=kind)
    rows["evidence"] = objects(rows, evidence(facts, said.unit[recent], said.key[recent], len(said), RANKED))
    rows["details"] = objects(rows, table.to_dict("records"))
    return rows[[d["recent"] + d["baseline"] > 0 for d in rows["details"]]]


def compare_weeks(counts: np.ndarray, exposure: np.ndarray) -> pd.DataFrame:
    """One row per series (`counts`: series × sources × weeks; `exposure`: sources × weeks): what is tested.

    recent, baseline (counts), expected, share (of the exposure that is recent), weeks (that the exposure is worth),
    dispersion and alpha (of the baseline's weeks), texts (recent exposure). Only sources that spoke in both windows
    count: a new source has no past to compare with.
    """
    old, new = exposure[:, :BASELINE_WEEKS].sum(axis=1), exposure[:, BASELINE_WEEKS:].sum(axis=1)
    both = (old > 0) & (new > 0)
    counts, exposure, old, new = counts[:, both], exposure[both], old[both], new[both]
    before, after = counts[..., :BASELINE_WEEKS], counts[..., BASELINE_WEEKS:]
    rate = before.sum(axis=2) / old  # series × sources
    whole = counts.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (whole * (new / (old + new))).sum(axis=1) / whole.sum(axis=1)
    usual = np.einsum("ts,sw->tw", whole / (old + new), exposure)  # expected per week, if nothing changed
    ratio, alpha = rates.dispersion(before.sum(axis=1), np.einsum("ts,sw->tw", rate, exposure[:, :BASELINE_WEEKS]))
    worth = [rates.effective_weeks(part) for part in (usual[:, BASELINE_WEEKS:], usual[:, :BASELINE_WEEKS])]
    with np.errstate(invalid="ignore", divide="ignore"):
        weeks = 1 / (share * (1 - share) * (1 / worth[0] + 1 / worth[1]))
    found = {"recent": after.sum(axis=(1, 2)), "baseline": before.sum(axis=(1, 2)), "expected": rate @ new}
    found |= {"share": share, "weeks": weeks, "dispersion": ratio, "alpha": alpha}
    return pd.DataFrame(found).assign(texts=int(new.sum()))


def rate_tests(table: pd.DataFrame) -> pd.DataFrame:
    """`table` of `compare_weeks`, all series tested together: alpha drawn to that of all; p, ratio, low, high.

    With ago_recent, ago_baseline and ago_expected (the same a year earlier) the season is expected: `season`, a factor.
    """
    mean = table["baseline"].to_numpy() / BASELINE_WEEKS
    weeks = table["weeks"].to_numpy(dtype=float)
    alpha = rates.shrunk(table["alpha"].to_numpy(), mean, BASELINE_WEEKS)
    recent, baseline, p = (table[c].to_numpy(dtype=float) for c in ("recent", "baseline", "share"))
    if "ago_recent" in table:
        new, old, usual = (table[f"ago_{c}"].to_numpy(dtype=float) for c in ("recent", "baseline", "expected"))
        noise = alpha / (weeks * p * (1 - p))
        factor, unsure = rates.season(new, old, usual, noise)
        p = p * factor / (p * factor + 1 - p)
        alpha = (noise + unsure) * weeks * p * (1 - p)
        table = table.assign(season=factor, expected=table["expected"] * factor)
    two, _ = rates.p_values(recent, baseline, p, weeks, alpha)
    ratio, low, high = rates.ratio_interval(recent, baseline, p, weeks, alpha)
    law = np.where(alpha * mean < rates.DISPERSED - 1, "Poisson", "negative binomial")
    return table.assign(alpha=alpha, p=two, ratio=ratio, low=low, high=high, law=law)


def _tested(rows: pd.DataFrame, span: Window) -> pd.DataFrame:
    """Numbers and p-values from the details, over all series together."""
    table = rate_tests(pd.DataFrame(rows["details"].tolist(), index=rows.index))
    shared: dict = {"weeks_recent": span.weeks_recent, "weeks_baseline": BASELINE_WEEKS}
    shared |= {"from": span.days[1], "to": span.days[2]}
    known = ["recent", "expected", "baseline", "dispersion", "alpha", "season"]
    shown = table[[c for c in known if c in table]].to_dict("records")
    tests = (f"exact conditional ({law})" for law in table["law"])
    rows["details"] = objects(rows, ({**d, **shared, "test": t} for d, t in zip(shown, tests, strict=True)))
    numbers = {"value": table["ratio"], "low": table["low"], "high": table["high"], "p_value": table["p"]}
    numbers |= {"n": table["recent"], "base": table["texts"]}
    return rows.assign(**numbers, type="trend", metric="rate_ratio")
