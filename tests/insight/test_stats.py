"""Formulas against their definitions and against the libraries that others trust."""

import numpy as np
import pytest
import statsmodels.api as sm

from cxnlp.insight import stats


def means(values, cluster=None):
    values = np.asarray(values, dtype=float)
    cluster = np.arange(len(values)) if cluster is None else np.asarray(cluster)
    return stats.clustered_means(np.zeros(len(values), dtype=int), cluster, values, 1)


def test_nps_has_its_published_width():
    """76 answers split 32/27/41 carry ±19 points: the example that shows why an NPS without interval misleads."""
    answers = [100] * 24 + [0] * 21 + [-100] * 31
    found = means(answers)
    low, high = stats.mean_interval(found, -100, 100)
    assert found.mean[0] == pytest.approx(-9.21, abs=0.01)
    assert (high[0] - low[0]) / 2 == pytest.approx(19, abs=1)
    p, d = 24 / 76, 31 / 76
    assert found.se[0] == pytest.approx(100 * np.sqrt((p + d - (p - d) ** 2) / 75), rel=1e-9)


def test_clusters_agree_with_statsmodels():
    """Repeated customers: the same cluster-robust error as OLS on a constant with cov_type cluster."""
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 40, 200)
    values = rng.normal(size=200) + rng.normal(size=40)[cluster]
    theirs = sm.OLS(values, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": cluster}).bse[0]
    # statsmodels scales by G/(G−1)·(N−1)/(N−k); with one regressor the second factor is 1
    assert means(values, cluster).se[0] == pytest.approx(theirs, rel=1e-6)


def test_repeating_a_customer_does_not_sharpen():
    """One customer who writes ten times is one opinion: the interval must not shrink as if ten had spoken."""
    once = stats.mean_interval(means([100, -100, 100, 0] * 10), -100, 100)
    answers, who = np.repeat([100, -100, 100, 0] * 10, 10), np.repeat(np.arange(40), 10)
    often = stats.mean_interval(means(answers, who), -100, 100)
    assert np.allclose(once, often)


def test_unanimous_answers_are_not_certain():
    """Forty promoters are no proof of an NPS of 100: a plain formula says ±0."""
    low, high = stats.mean_interval(means([100] * 40), -100, 100)
    assert high[0] == 100 and 75 < low[0] < 90


def test_wilson_of_nothing_is_null():
    """0 of 0 is unknown, not 0 %."""
    low, high = stats.wilson(np.array([0, 0]), np.array([0, 20]))
    assert np.isnan(low[0]) and np.isnan(high[0])
    assert low[1] == pytest.approx(0, abs=1e-9) and high[1] == pytest.approx(16.1, abs=0.1)


def test_false_discovery_ignores_untested():
    """Series that could not be tested must not count as tests."""
    q = stats.benjamini_hochberg(np.array([0.01, np.nan, 0.02, 0.9]))
    assert q[0] == pytest.approx(0.03) and np.isnan(q[1]) and q[3] == pytest.approx(0.9)


def test_difference_of_two_flat_groups_is_uncertain():
    """Two touchpoints that nobody praised differ by 0, but not by exactly 0."""
    key, values = np.repeat([0, 1], 30), np.full(60, -100.0)
    low, high = stats.difference_interval(stats.clustered_means(key, np.arange(60), values, 2), -100, 100)
    assert low[0] < -10 and high[0] > 10


def test_unanimous_customers_count_once_each():
    """Where customers do not differ among themselves, or there is one, forty texts are worth the customers, not 40."""
    four = stats.share_interval(means(np.ones(40), np.repeat(np.arange(4), 10)))
    assert np.allclose(four, stats.wilson(np.array([4]), np.array([4])))
    alone = stats.share_interval(means([0, 1] * 20, np.zeros(40, dtype=int)))
    assert np.allclose(alone, stats.wilson(np.array([0.5]), np.array([1])))
    even = stats.design_effect(np.array([0.0]), np.array([0.5]), np.array([40]), np.array([10]))
    assert even.tolist() == [4]


def test_few_customers_spread_by_one_less():
    """The sandwich of G customers is too small by (G − 1)/G, for shares as for means."""
    values, who = np.repeat([1, 1, 0, 0, 0], 8), np.repeat(np.arange(5), 8)
    variance = 8**2 * ((values[::8] - 0.4) ** 2).sum() / 40**2
    effect = stats.design_effect(np.array([variance]), np.array([0.4]), np.array([40]), np.array([5]))
    assert effect[0] == pytest.approx(8 * 5 / 4)
    assert np.allclose(stats.share_interval(means(values, who)), stats.wilson(np.array([1.6]), np.array([4])))
