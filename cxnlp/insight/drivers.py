"""Which touchpoints the score goes with when all are looked at together: Johnson's relative weights.

Johnson (2000), Multivariate Behavioral Research 35: weights of correlated predictors that sum to R². Source, language
and segments are held constant first (Frisch–Waugh: their part is taken out of the score and of the touchpoints).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp.insight.facts import Facts
from cxnlp.insight.impact import Answers, answers, resampled
from cxnlp.insight.rows import joined, objects
from cxnlp.insight.scores import Score, available

MAX_DRIVERS = 40
_MAX_LEVELS = 12  # values of a segment dimension that is held constant
_REPLICATES = 100


def relative_weights(correlation: np.ndarray, with_score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Johnson's weights (summing to R²) and standardised regression coefficients (for the sign).

    `R_xx = Q L Qᵀ`, `Λ = Q √L Qᵀ`, `b = Λ⁻¹ r_xy`, `ε_j = Σ_k Λ_jk² b_k²`.
    """
    values, vectors = np.linalg.eigh(correlation)
    root = np.sqrt(np.clip(values, 1e-10, None))
    lam = (vectors * root) @ vectors.T
    b = (vectors / root) @ (vectors.T @ with_score)
    return lam**2 @ b**2, (vectors / root**2) @ (vectors.T @ with_score)


def drivers(facts: Facts) -> pd.DataFrame:
    """Rows of type driver, metric relative_weight; see README.md."""
    parts = [_drivers(facts, score) for score in available(facts) if score.level == "response"]
    return joined(parts)


def _drivers(facts: Facts, score: Score) -> pd.DataFrame:
    found = answers(facts, score, ("touchpoint",))
    least = facts.settings.insight.min_n
    n = np.asarray(found.has.sum(axis=0)).ravel()
    fits = (n >= least) & (len(found.y) - n >= least) & found.themes["kind"].isin(["pain", "praise"]).to_numpy()
    chosen = np.flatnonzero(fits)[np.argsort(-n[fits], kind="stable")][:MAX_DRIVERS]
    if len(chosen) < 2 or len(found.y) < 5 * len(chosen):
        return pd.DataFrame()
    table = _residuals(np.column_stack([found.has[:, chosen].toarray(), found.y]), _controls(facts, found))
    if (table.std(axis=0) < 1e-9).any():
        return pd.DataFrame()
    replicates = min(facts.settings.insight.bootstrap, _REPLICATES)
    weights = resampled(int(found.cluster.max()) + 1, replicates, facts.settings.insight.seed)
    table = np.column_stack([np.ones(len(table)), table])
    all_weights = [_weights(raw) for raw in _moments(table, weights[found.cluster])]
    return _rows(found, chosen, n, all_weights, score)


def _moments(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums of products of columns, for all replicates at once: `weights` n × r → r × p × p."""
    return np.stack([weights.T @ (table * table[:, [j]]) for j in range(table.shape[1])], axis=1)


def _weights(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relative weights from moments whose first column is that of the constant 1."""
    moments = raw[1:, 1:] - np.outer(raw[1:, 0], raw[1:, 0]) / raw[0, 0]
    spread = np.sqrt(np.clip(np.diag(moments), 1e-12, None))
    correlation = moments / np.outer(spread, spread)
    return relative_weights(correlation[:-1, :-1], correlation[:-1, -1])


def _rows(
    found: Answers, chosen: np.ndarray, n: np.ndarray, replicates: list[tuple[np.ndarray, np.ndarray]], score: Score
) -> pd.DataFrame:
    weights = np.array([w for w, _ in replicates])
    r2 = weights[0].sum()
    shares = 100 * weights / weights.sum(axis=1, keepdims=True)
    ranks = np.argsort(np.argsort(-weights, axis=1), axis=1) + 1
    rows = found.themes.iloc[chosen].assign(value=shares[0], n=n[chosen].astype(int), base=len(found.y), rank=ranks[0])
    low, high = np.percentile(shares[1:], [2.5, 97.5], axis=0) if len(shares) > 1 else (np.nan, np.nan)
    best, worst = np.percentile(ranks[1:], [2.5, 97.5], axis=0) if len(ranks) > 1 else (ranks[0], ranks[0])
    rows["details"] = objects(
        rows,
        [
            {"sign": int(s), "r2": r2, "rank_low": round(a), "rank_high": round(b), "drivers": len(chosen)}
            for s, a, b in zip(np.sign(replicates[0][1]), best, worst, strict=True)
        ],
    )
    return rows.assign(low=low, high=high, type="driver", metric="relative_weight", score=score.name)


def _controls(facts: Facts, found: Answers) -> np.ndarray:
    """Dummies of source × language and of the segments (unknown is a level of its own)."""
    text = facts.texts.iloc[found.unit]
    columns = [text["source"].astype("str") + "/" + text["language"].astype("str")]
    for _, block in facts.segments.groupby("segment"):
        value = block.set_index("text")["segment_value"].reindex(text.index)
        if value.nunique() <= _MAX_LEVELS:
            columns.append(value.fillna("\0"))
    dummies = [pd.get_dummies(pd.Series(c.to_numpy()), dtype=float).to_numpy() for c in columns]
    return np.column_stack([np.ones(len(text)), *dummies])


def _residuals(table: np.ndarray, controls: np.ndarray) -> np.ndarray:
    fitted, *_ = np.linalg.lstsq(controls.T @ controls, controls.T @ table, rcond=None)
    return table - controls @ fitted
