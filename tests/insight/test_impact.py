"""Impact, drivers and change: the published formulas agree, sources do not pass for themes, parts add up."""

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cxnlp.insight import change, drivers, impact


def answers(y, says, source=None, cluster=None):
    n = len(y)
    return impact.Answers(
        np.asarray(y, dtype=float), np.arange(n), np.zeros(n, dtype=int) if source is None else source,
        np.arange(n) if cluster is None else cluster, np.array(["a", "b"]) if source is not None else np.array(["a"]),
        sparse.csr_matrix(np.asarray(says, dtype=float)), pd.DataFrame({"by": ["touchpoint"], "kind": ["pain"]}),
    )  # fmt: skip


FACTS = SimpleNamespace(settings=SimpleNamespace(insight=SimpleNamespace(bootstrap=50, seed=0)))


@pytest.fixture
def world():
    rng = np.random.default_rng(5)
    says = rng.random((400, 1)) < 0.25
    return np.where(says[:, 0], rng.normal(2.5, 1, 400), rng.normal(4, 1, 400)), says


def test_the_vendors_formulas_are_one(world):
    """Kapiche's ȳ − ȳ_o, π (ȳ_t − ȳ_o) and Qualtrics' n (ȳ_t − ȳ)/(N − n) must give our number."""
    y, says = world
    ours = impact.sums(answers(y, says), np.ones((400, 1))).pooled()[0, 0]
    t, n, total = says[:, 0], says.sum(), len(y)
    assert ours == pytest.approx(y.mean() - y[~t].mean())
    assert ours == pytest.approx(n / total * (y[t].mean() - y[~t].mean()))
    assert ours == pytest.approx(n * (y[t].mean() - y.mean()) / (total - n))


def test_a_harsh_source_is_not_the_themes_doing():
    """Simpson: within each source the theme makes no difference, but the harsh source speaks of it more often."""
    source = np.repeat([0, 1], 500)
    says = (np.arange(1000) % 10 < np.where(source == 0, 1, 6))[:, None]
    y = np.where(source == 0, 5.0, 2.0)
    total = impact.sums(answers(y, says, source), np.ones((1000, 1)))
    assert total.pooled()[0, 0] == pytest.approx(0)
    assert y.mean() - y[~says[:, 0]].mean() < -0.5


def test_bootstrap_draws_customers_and_repeats_itself(world):
    """Same seed, same interval; a customer who wrote four times moves as one."""
    y, says = world
    one = impact.sums(answers(y, says), impact.resampled(400, 300, 1)).pooled()
    assert np.array_equal(one, impact.sums(answers(y, says), impact.resampled(400, 300, 1)).pooled())
    fourfold = answers(np.repeat(y, 4), np.repeat(says, 4, axis=0), cluster=np.repeat(np.arange(400), 4))
    low, high = impact.bootstrap_interval(impact.sums(fourfold, impact.resampled(400, 300, 1)).pooled())
    assert np.allclose((low, high), impact.bootstrap_interval(one))


def test_relative_weights_sum_to_r2_and_follow_shapley():
    """Johnson's weights of correlated drivers sum to R² and lie near the (exponential) Shapley values."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(5000, 4)) @ np.linalg.cholesky(0.6 * np.eye(4) + 0.4).T
    y = x @ [0.8, 0.4, 0.0, -0.3] + rng.normal(size=5000)
    r = np.corrcoef(np.column_stack([x, y]).T)
    weights, beta = drivers.relative_weights(r[:-1, :-1], r[:-1, -1])

    def r2(chosen):
        chosen = list(chosen)
        return r[chosen, -1] @ np.linalg.solve(r[np.ix_(chosen, chosen)], r[chosen, -1]) if chosen else 0.0

    orders = list(itertools.permutations(range(4)))
    shapley = np.zeros(4)
    for order in orders:
        for i, j in enumerate(order):
            shapley[j] += (r2(order[: i + 1]) - r2(order[:i])) / len(orders)
    assert weights.sum() == pytest.approx(r2(range(4)))
    assert np.allclose(weights, shapley, atol=0.03)
    assert np.sign(beta[[0, 1, 3]]).tolist() == [1, 1, -1]


def test_uncorrelated_drivers_weigh_their_squared_correlation():
    """Without correlation among drivers nothing has to be shared."""
    weights, _ = drivers.relative_weights(np.eye(2), np.array([0.5, -0.3]))
    assert np.allclose(weights, [0.25, 0.09])


def test_change_splits_into_its_two_parts():
    """More people say it + it hurts more = change of the contribution, to the last digit."""
    rng = np.random.default_rng(8)
    late = np.repeat([False, True], 300)
    says = (rng.random(600) < np.where(late, 0.4, 0.2))[:, None]
    y = 4 - np.where(late, 2.0, 1.0) * says[:, 0] + rng.normal(size=600)

    found = change._decompose(answers(y, says), late, FACTS)
    contribution = [
        says[part].mean() * (y[part & says[:, 0]].mean() - y[part & ~says[:, 0]].mean()) for part in (~late, late)
    ]
    assert found["change"][0, 0] == pytest.approx(contribution[1] - contribution[0])
    assert found["more"][0] + found["hurts"][0] == pytest.approx(found["change"][0, 0])
    assert found["more"][0] < 0 and found["hurts"][0] < 0


def test_a_shifted_mix_of_sources_does_not_shrink_the_change():
    """Both sources fall by 10 while their answers trade places: −10, of a theme that says as much in both."""
    sizes = (10, 90, 90, 10)  # A before, A after, B before, B after
    source, late = np.repeat([0, 0, 1, 1], sizes), np.repeat([False, True, False, True], sizes)
    says = (np.arange(200) % 2 == 0)[:, None]
    y = np.where(late, 0.0, 10.0) + 30.0 * source - 4.0 * says[:, 0]
    found = change._decompose(answers(y, says, source), late, FACTS)
    assert found["all"][0, 0] == pytest.approx(-10)
    low, high = np.percentile(found["all"][0, 1:], [2.5, 97.5])
    assert -12 < low <= high < -8
    assert found["gap_0"][0] == pytest.approx(-4) and found["gap_1"][0] == pytest.approx(-4)
    assert found["change"][0, 0] == pytest.approx(0, abs=1e-9)
