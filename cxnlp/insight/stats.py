"""Formulas: intervals that allow for repeated customers, Wilson shares, false-discovery control.

Arrays in, arrays out. `key` numbers the groups 0…k−1, `cluster` the customers; both are integers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
FDR = 0.05  # of comparisons between segments and brands; alerts have their own, insight.alert_fdr
Z = float(stats.norm.ppf(0.5 + LEVEL / 2))


class Means(NamedTuple):
    """Per group: number of values, mean, standard error, number of clusters."""

    n: np.ndarray
    mean: np.ndarray
    se: np.ndarray
    clusters: np.ndarray


def clustered_means(key: np.ndarray, cluster: np.ndarray, value: np.ndarray, k: int) -> Means:
    """Mean per group with the cluster-robust standard error (Liang & Zeger 1986), factor G/(G−1).

    With every cluster of one value this is the usual s/√n; for NPS coded +100/0/−100 it is 100·√(Var/n) of the
    definition, but for the n−1 in the variance.
    """
    n = np.bincount(key, minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(key, weights=value, minlength=k) / n
    residual = value - mean[key]
    width = int(cluster.max(initial=0)) + 1
    pairs, inverse = np.unique(key.astype(np.int64) * width + cluster, return_inverse=True)
    sums = np.bincount(inverse, weights=residual, minlength=len(pairs))
    group = pairs // width
    g = np.bincount(group, minlength=k)
    squares = np.bincount(group, weights=sums**2, minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(squares * g / (g - 1)) / n
    return Means(n, mean, se, g)


def mean_interval(means: Means, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of bounded means (Student's t on clusters − 1), within [low, high].

    Where all values are equal the sample shows no spread: the interval then reaches as far as a Wilson interval of a
    share of 100 % does, over the whole range.
    """
    with np.errstate(invalid="ignore"):
        half = stats.t.ppf(0.5 + LEVEL / 2, np.maximum(means.clusters - 1, 1)) * means.se
    flat = means.se < 1e-9 * (high - low)
    half = np.where(flat, (high - low) * Z**2 / (means.clusters + Z**2), half)
    half = np.where(means.clusters < 2, high - low, half)
    return np.clip(means.mean - half, low, high), np.clip(means.mean + half, low, high)


def difference_interval(means: Means, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of first − second, for groups in pairs (0, 1), (2, 3) …; MOVER (Zou & Donner 2008)."""
    below, above = (a.reshape(-1, 2) for a in mean_interval(means, low, high))
    mean = means.mean.reshape(-1, 2)
    change = mean[:, 0] - mean[:, 1]
    down = np.hypot(mean[:, 0] - below[:, 0], above[:, 1] - mean[:, 1])
    up = np.hypot(above[:, 0] - mean[:, 0], mean[:, 1] - below[:, 1])
    return change - down, change + up


def wilson(count: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of count/n in percent; null where n is 0. n may be an effective number (n / deff)."""
    from statsmodels.stats.proportion import proportion_confint

    n = np.asarray(n, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = proportion_confint(np.asarray(count, dtype=float), n, alpha=1 - LEVEL, method="wilson")
    return np.where(n > 0, 100 * low, np.nan), np.where(n > 0, 100 * high, np.nan)


def design_effect(variance: np.ndarray, share: np.ndarray, n: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """How much larger the variance of a share (0…1) of n is because customers speak repeatedly; at least 1.

    `variance` is the sandwich without its factor G/(G−1). Where it is 0 or there is one customer, the sample does not
    show how much alike a customer's texts are: then each customer counts as one, n/G.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = variance * clusters / (clusters - 1) * n / (share * (1 - share))
    shown = np.isfinite(effect) & (effect > 1e-9)
    return np.maximum(np.where(shown, effect, n / np.maximum(clusters, 1)), 1.0)


def share_interval(means: Means) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval in percent for means of 0/1 values, on the number of answers that the clusters are worth."""
    g = means.clusters
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = means.se**2 * (g - 1) / g
    effective = means.n / design_effect(variance, means.mean, means.n, g)
    return wilson(means.mean * effective, effective)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q-values (Benjamini & Hochberg 1995) over the p-values that are not null; null stays null."""
    from statsmodels.stats.multitest import multipletests

    p = np.asarray(p, dtype=float)
    q = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = multipletests(p[tested], method="fdr_bh")[1]
    return q


def two_sided(z: np.ndarray) -> np.ndarray:
    """p of a standard normal statistic."""
    return 2 * stats.norm.sf(np.abs(z))
