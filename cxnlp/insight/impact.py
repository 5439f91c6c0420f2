"""What each theme costs or brings: leave-out impact with a bootstrap over customers. Association, never cause.

`I = ȳ − ȳ_o` = `π (ȳ_t − ȳ_o)`: the score minus the score without the answers that speak of the theme (Kapiche,
Thematic, Qualtrics: one formula). Where several sources carry the score, each keeps its share of the answers and the
difference is taken within it, so that a harsh source with its own themes does not pass for the themes' doing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from cxnlp.insight.evidence import RANKED, evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.ranked import of_kind
from cxnlp.insight.rows import joined, objects, suppress
from cxnlp.insight.scores import Score, available

KINDS = ("pain", "praise", "request")


@dataclass(frozen=True)
class Answers:
    """Answers of one score, with the themes they speak of."""

    y: np.ndarray  # per answer
    unit: np.ndarray  # position of its text
    source: np.ndarray  # integer per answer
    cluster: np.ndarray  # integer per answer, 0…c−1
    sources: np.ndarray  # names
    has: sparse.csr_matrix  # answers × themes, 0/1
    themes: pd.DataFrame  # by, kind, touchpoint, topic_id


def answers(facts: Facts, score: Score, by: tuple[str, ...] = ("touchpoint", "topic")) -> Answers:
    """The answers that carry `score`, and which themes (touchpoint or topic, per kind of mention) each speaks of."""
    unit = np.flatnonzero(np.isfinite(score.values))
    text = facts.texts.iloc[unit]
    source, sources = pd.factorize(text["source"])
    anchor = facts.texts["anchor"].to_numpy() if score.level == "response" else facts.texts.index.to_numpy()
    row_of = np.full(len(facts.texts), -1)
    row_of[unit] = np.arange(len(unit))
    said = row_of[anchor[facts.mentions["text"].to_numpy()]]  # mention → answer, −1 = none
    blocks, themes = [], []
    for name in by:
        for kind in KINDS:
            found = of_kind(facts, name, kind)
            found = found.where(said[found.unit] >= 0)
            ones = sparse.csr_matrix((np.ones(len(found.unit)), (said[found.unit], found.key)), (len(unit), len(found)))
            blocks.append((ones > 0).astype(float))
            themes.append(found.groups.assign(by=name, kind=kind))
    has = sparse.hstack(blocks, format="csr") if blocks else sparse.csr_matrix((len(unit), 0))
    table = pd.concat(themes, ignore_index=True).reindex(columns=["by", "kind", "touchpoint", "topic_id"])
    cluster = pd.factorize(text["cluster"])[0]
    return Answers(score.values[unit], unit, source, cluster, np.asarray(sources), has, table)


@dataclass(frozen=True)
class Sums:
    """Counts and sums of the score per source and per source × theme; last axis = replicates, the data first."""

    total: np.ndarray  # sources × r
    total_y: np.ndarray
    n: np.ndarray  # sources × themes × r
    y: np.ndarray

    def impact(self) -> np.ndarray:
        """Leave-out impact within each source: sources × themes × r; null where nothing is left out or nothing left."""
        rest = self.total[:, None] - self.n
        with np.errstate(invalid="ignore", divide="ignore"):
            without = (self.total_y[:, None] - self.y) / rest
            found = self.total_y[:, None] / self.total[:, None] - without
        return np.where((rest > 0) & (self.n > 0), found, np.where(rest > 0, 0.0, np.nan))

    def pooled(self) -> np.ndarray:
        """Impact over all sources, each with its share of the answers: themes × r."""
        weight = self.total / self.total.sum(axis=0)
        return np.nansum(self.impact() * weight[:, None], axis=0)


def sums(found: Answers, weights: np.ndarray) -> Sums:
    """Weighted sums; `weights`: clusters × replicates."""
    s, t, c = len(found.sources), found.has.shape[1], int(found.cluster.max(initial=-1)) + 1
    r = weights.shape[1]

    def of_totals(value: np.ndarray) -> np.ndarray:
        table = sparse.csr_matrix((value, (found.source, found.cluster)), (s, c))
        return np.asarray(table @ weights)

    pairs = found.has.tocoo()
    row = found.source[pairs.row] * t + pairs.col

    def of_themes(value: np.ndarray) -> np.ndarray:
        table = sparse.csr_matrix((value[pairs.row], (row, found.cluster[pairs.row])), (s * t, c))
        return np.asarray(table @ weights).reshape(s, t, r)

    ones = np.ones(len(found.y))
    return Sums(of_totals(ones), of_totals(found.y), of_themes(ones), of_themes(found.y))


def resampled(c: int, replicates: int, seed: int) -> np.ndarray:
    """How often each of `c` clusters is drawn; column 0 is the data itself. c × (1 + replicates), float."""
    rng = np.random.default_rng(seed)
    draws = [np.ones(c)] + [np.bincount(rng.integers(0, c, c), minlength=c) for _ in range(replicates)]
    return np.array(draws, dtype=float).T


def impacts(facts: Facts) -> pd.DataFrame:
    """Rows of type driver, metric impact; see README.md."""
    parts = [_impacts(facts, score) for score in available(facts) if score.level != "mention"]
    return joined(parts)


def _impacts(facts: Facts, score: Score) -> pd.DataFrame:
    found = answers(facts, score)
    if not len(found.themes) or len(found.y) < facts.settings.insight.min_n:
        return pd.DataFrame()
    setting = facts.settings.insight
    weights = resampled(int(found.cluster.max()) + 1, setting.bootstrap, setting.seed)
    total = sums(found, weights)
    pooled = _table(found, total, score, total.pooled(), None)
    pooled["evidence"] = objects(pooled, _evidence(facts, score, found, None))
    parts = [pooled]
    if len(found.sources) > 1:
        within = total.impact()
        touch = (found.themes["by"] == "touchpoint").to_numpy()
        for i, source in enumerate(found.sources):
            rows = _table(found, total, score, within[i], i)
            rows["evidence"] = objects(rows, _evidence(facts, score, found, str(source)))
            parts.append(rows[touch & (total.n[i, :, 0] > 0)].assign(source=source, by="source+touchpoint"))
    rows = joined(parts)
    few = (rows["n"] < setting.min_n) | (rows["base"] - rows["n"] < setting.min_n)  # too few with it, or without it
    rows = suppress(rows, few, setting.min_n)
    rows["rank"] = rows.groupby("by")["value"].rank(method="first")
    return rows.assign(type="driver", metric="impact", score=score.name)


def _table(found: Answers, total: Sums, score: Score, replicates: np.ndarray, source: int | None) -> pd.DataFrame:
    """One row per theme: impact, interval, n, base and the parts, over all sources or in one."""
    pick = slice(None) if source is None else slice(source, source + 1)
    n, y = total.n[pick, :, 0], total.y[pick, :, 0]
    base, base_y = total.total[pick, 0], total.total_y[pick, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = y / n - (base_y[:, None] - y) / (base[:, None] - n)
        gap = np.nansum(gaps * n, axis=0) / np.where(np.isfinite(gaps), n, 0).sum(axis=0)
        with_it, without = y.sum(0) / n.sum(0), (base_y.sum() - y.sum(0)) / (base.sum() - n.sum(0))
    plain = base_y.sum() / base.sum() - without
    low, high = bootstrap_interval(replicates)
    rows = found.themes.assign(value=replicates[:, 0], low=low, high=high, n=n.sum(0).astype(int), base=int(base.sum()))
    several = source is None and len(found.sources) > 1
    scale = [score.low, score.high]
    rows["details"] = objects(
        rows,
        [
            {
                "mean_with": a,
                "mean_without": b,
                "gap": g,
                "scale": scale,
                **({"within": "source", "plain": p} if several else {}),
            }
            for a, b, g, p in zip(with_it, without, gap, plain, strict=True)
        ],
    )
    return rows


def bootstrap_interval(replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % percentile interval over the replicates (column 0, the data, left out); null without replicates."""
    if replicates.shape[1] < 3:
        none = np.full(len(replicates), np.nan)
        return none, none
    finite = np.isfinite(replicates[:, 1:])
    whole, some = finite.all(axis=1), finite.any(axis=1) & ~finite.all(axis=1)
    low, high = np.full((2, len(replicates)), np.nan)
    for rows, percentile in ((whole, np.percentile), (some, np.nanpercentile)):  # the latter is a hundred times slower
        if rows.any():
            low[rows], high[rows] = percentile(replicates[rows, 1:], [2.5, 97.5], axis=1)
    return low, high


def _evidence(facts: Facts, score: Score, found: Answers, source: str | None) -> list[list[str]]:
    """Mentions of each theme in texts that carry the score, of one source or of all."""
    anchor = facts.texts["anchor"].to_numpy() if score.level == "response" else facts.texts.index.to_numpy()
    fits = np.isfinite(score.values)[anchor]
    if source is not None:
        fits &= (facts.texts["source"] == source).to_numpy()
    lists: list[list[str]] = []
    for name, kind in found.themes[["by", "kind"]].drop_duplicates().itertuples(index=False):
        said = of_kind(facts, name, kind)
        carried = said.where(np.isfinite(score.values)[anchor[facts.mentions["text"].to_numpy()[said.unit]]])
        wanted = fits[facts.mentions["text"].to_numpy()[carried.unit]]
        lists += evidence(facts, carried.unit[wanted], carried.key[wanted], len(carried), RANKED)
    return lists
