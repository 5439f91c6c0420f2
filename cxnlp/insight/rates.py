"""Are there more of them than before? Exact conditional tests of rates, with over-dispersion.

Counts k₁, k₂ over exposures E₁, E₂ (texts). If both are Poisson with one rate, `k₁ | k₁+k₂ ~ Binomial(k₁+k₂, p)`,
`p = E₁/(E₁+E₂)`. Feedback is burstier than Poisson: if each week's rate varies by a gamma factor of variance α (then
weekly counts are negative binomial), the sum over w weeks has variance factor α/w, and the conditional law becomes
beta-binomial with `a + b = (w₁ + w₂)/α`, `a/(a+b) = p`. With unequal exposure the weeks are worth less (the one big
week of a campaign bursts as one): w becomes (Σm)²/Σm² over the expected counts m, and
`a + b = 1/(α p (1−p) (1/w₁ + 1/w₂))`, which gives the share of the recent weeks the right variance. α = 0 gives back
the binomial; α comes from the baseline's weeks.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

DISPERSED = 1.5  # variance / mean of weekly counts, above which the Poisson test is not used


def dispersion(counts: np.ndarray, exposure: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson's variance/mean ratio and α of negative binomial weeks, per series (rows); weeks are columns.

    `Σ((k − μ)² − μ) / Σ μ²` estimates α by moments, μ = rate × exposure; the n − 1 of the fitted rate is allowed for.
    Weeks without exposure are left out. Zero where there is nothing to estimate from; α below zero
    (calmer than Poisson) is kept for pooling.
    """
    seen = exposure > 0
    weeks = seen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = counts.sum(axis=1) / exposure.sum(axis=1)
        mean = rate[:, None] * exposure
        squares = np.where(seen, (counts - mean) ** 2, 0) * (weeks / np.maximum(weeks - 1, 1))[:, None]
        ratio = np.nansum(np.where(seen, squares / mean, 0), axis=1) / weeks
        alpha = (squares - np.where(seen, mean, 0)).sum(axis=1) / (mean**2).sum(axis=1)
    return np.nan_to_num(ratio), np.nan_to_num(alpha)


def effective_weeks(mean: np.ndarray) -> np.ndarray:
    """How many equal weeks the expected counts `mean` (series × weeks) are worth: (Σm)² / Σm²."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean.sum(axis=1) ** 2 / (mean**2).sum(axis=1)


def shrunk(alpha: np.ndarray, mean: np.ndarray, weeks: int) -> np.ndarray:
    """α per series drawn to that of all series: few weeks say little about a variance.

    A series counts for what its weeks can tell, `weeks · μ²/(1 + μ)²`, against a prior worth 20 full weeks.
    """
    worth = weeks * (mean / (1 + mean)) ** 2
    common = float((alpha * worth).sum() / worth.sum()) if worth.sum() > 0 else 0.0
    return np.clip((alpha * worth + 20 * common) / (worth + 20), 0, None)


def season(
    recent: np.ndarray, baseline: np.ndarray, expected: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Factor by which each series rose in these weeks a year ago, and the variance of its logarithm.

    Counts of a year ago; `expected`: without a season; `noise`: variance of a log ratio that comes from bursts. Random
    effects (DerSimonian & Laird 1986): where the series differ no more than chance lets them, all get one factor with
    next to no variance, so that nothing is lost; where seasons are real, each is drawn to its own.
    """
    log = np.log((recent + 0.5) / (expected + 0.5))
    variance = 1 / (recent + 0.5) + 1 / (baseline + 0.5) + np.nan_to_num(noise)
    known = np.isfinite(log) & (recent + baseline > 0)
    w = np.where(known, 1 / variance, 0.0)
    total = w.sum()
    if total <= 0:
        return np.ones(len(log)), np.zeros(len(log))
    log = np.where(known, log, 0.0)
    between = (w * (log - (w * log).sum() / total) ** 2).sum() - (known.sum() - 1)
    between = max(0.0, between / max(total - (w**2).sum() / total, 1e-9))
    w = np.where(known, 1 / (variance + between), 0.0)
    common = (w * log).sum() / w.sum()
    own = np.where(known, between / (between + variance), 0.0)
    unsure = np.where(known, own * variance, between) + (1 - own) ** 2 / w.sum()
    return np.exp(common + own * (log - common)), unsure


def p_values(
    recent: np.ndarray, baseline: np.ndarray, p: np.ndarray, weeks: np.ndarray, alpha: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mid-p values of the conditional test, two-sided and for a rise. `weeks`: effective, of both."""
    total = recent + baseline
    law = conditional(total, p, weeks, alpha)
    above, at = law.sf(recent), law.pmf(recent)
    rise = above + at / 2
    fall = 1 - above - at / 2
    valid = (total > 0) & (p > 0) & (p < 1)
    two = np.clip(2 * np.minimum(rise, fall), 0, 1)
    return np.where(valid, two, np.nan), np.where(valid, rise, np.nan)


def conditional(total: np.ndarray, p: np.ndarray, weeks: np.ndarray, alpha: np.ndarray) -> stats.rv_frozen:
    """Law of the recent count given the total: beta-binomial, nearly binomial as α goes to 0."""
    size = weeks / np.maximum(alpha, 1e-7)
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return stats.betabinom(total, p * size, (1 - p) * size)


def ratio_interval(
    recent: np.ndarray, baseline: np.ndarray, p: np.ndarray, weeks: np.ndarray, alpha: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rate ratio with its 95 % interval (log scale, ½ added to each count): variance 1/k₁ + 1/k₂ + α (1/w₁ + 1/w₂)."""
    k1, k2 = recent + 0.5, baseline + 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (k1 / p) / (k2 / (1 - p))
        spread = np.sqrt(1 / k1 + 1 / k2 + alpha / weeks * (1 / p + 1 / (1 - p)))
        half = stats.norm.ppf(0.975) * spread
        return ratio, ratio * np.exp(-half), ratio * np.exp(half)
