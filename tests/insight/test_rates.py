"""Rate tests: exact where it can be, and honest about bursts."""

import numpy as np
import pytest
from statsmodels.stats.rates import test_poisson_2indep as poisson_test

from cxnlp.insight import rates


def column(*values):
    return np.array(values, dtype=float)


@pytest.mark.parametrize(("k1", "k2", "e1", "e2"), [(12, 30, 400, 2600), (3, 40, 400, 2600), (25, 60, 500, 3000)])
def test_without_bursts_it_is_the_exact_conditional_test(k1, k2, e1, e2):
    """α = 0 must give the textbook test (mid-p) that statsmodels computes."""
    _, rise = rates.p_values(column(k1), column(k2), column(e1 / (e1 + e2)), column(30), column(0))
    theirs = poisson_test(k1, e1, k2, e2, method="cond-midp", alternative="larger").pvalue
    assert rise[0] == pytest.approx(theirs, rel=1e-3)


def test_bursty_counts_keep_their_level():
    """Weeks that burst (gamma rates): the conditional law must hold its 5 %, where the Poisson test breaks it."""
    rng = np.random.default_rng(3)
    alpha, n, weeks = 0.5, 4000, 30
    counts = rng.poisson(6 * rng.gamma(1 / alpha, alpha, (n, weeks)))
    k1, k2 = counts[:, 26:].sum(axis=1).astype(float), counts[:, :26].sum(axis=1).astype(float)
    p, w = np.full(n, 4 / 30), np.full(n, 30.0)
    honest = rates.p_values(k1, k2, p, w, np.full(n, alpha))[0]
    naive = rates.p_values(k1, k2, p, w, np.zeros(n))[0]
    assert 0.035 < (honest < 0.05).mean() < 0.06
    assert (naive < 0.05).mean() > 0.15


def test_dispersion_is_recovered():
    """α is estimated from weekly counts with unequal exposure, and is near 0 for Poisson."""
    rng = np.random.default_rng(4)
    exposure = rng.integers(100, 300, (300, 26)).astype(float)
    bursty = rng.poisson(0.05 * exposure * rng.gamma(1 / 0.4, 0.4, exposure.shape))
    quiet = rng.poisson(0.05 * exposure)
    assert rates.dispersion(bursty, exposure)[1].mean() == pytest.approx(0.4, abs=0.06)
    ratio, alpha = rates.dispersion(quiet, exposure)
    assert ratio.mean() == pytest.approx(1, abs=0.05) and abs(alpha.mean()) < 0.02


def test_nothing_to_test_is_null():
    """No counts, or exposure on one side only: there is no p-value, and it is not 1."""
    two, _ = rates.p_values(column(0, 3), column(0, 0), column(0.2, 1.0), column(30, 30), column(0, 0))
    assert np.isnan(two).all()


def test_ratio_is_read_against_exposure():
    """Twice the mentions from twice the texts is no change."""
    ratio, low, high = rates.ratio_interval(column(40), column(20), column(2 / 3), column(30), column(0))
    assert ratio[0] == pytest.approx(1, abs=0.02) and low[0] < 1 < high[0]


def test_a_season_is_learnt_and_no_season_costs_nothing():
    """Nowruz doubles some complaints every year: that is expected again. Where there is none, nothing is adjusted."""
    rng = np.random.default_rng(5)
    expected = rng.uniform(15, 60, 300)
    real = np.where(np.arange(300) < 60, 2.0, 1.0)
    flat, unsure = rates.season(rng.poisson(expected), rng.poisson(6.5 * expected), expected, np.zeros(300))
    assert np.abs(flat - 1).max() < 0.15 and unsure.max() < 0.01
    factor, unsure = rates.season(rng.poisson(real * expected), rng.poisson(6.5 * expected), expected, np.zeros(300))
    assert factor[:60].mean() > 1.6 and factor[60:].mean() < 1.1
    held = np.abs(np.log(factor / real)) < 1.96 * np.sqrt(unsure)
    assert held.mean() > 0.85
