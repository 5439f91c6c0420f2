"""Truth by simulation: do the intervals cover, are the alerts true, are the lifts real?

Effects are planted in simulated feedback; the functions under test are those that `cxnlp.insight.find` calls.

    uv run python benchmarks/statistics.py            # about 4 minutes on one core
    uv run python benchmarks/statistics.py --quick    # a tenth of the replicates

Prints a table and writes benchmarks/results/statistics.json. Bars: 95 % intervals cover 93–97 %; alerts: false
discovery at most 10 % at power of at least 80 % for doubled rates, against the rule Z ≥ 1.5 and against 3-sigma.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import sparse

from cxnlp.config import Settings
from cxnlp.insight import impact, lift, stats, trends
from cxnlp.insight.groups import Members

RESULTS = Path(__file__).parent / "results" / "statistics.json"
WEEKS = trends.BASELINE_WEEKS + 4
# Saturday … Friday: how much is written, and how much of it complains
WRITING = np.array([1.4, 1.2, 1.1, 1.0, 0.9, 0.8, 0.6])
COMPLAINING = np.array([1.5, 1.2, 1.0, 0.9, 0.9, 0.8, 0.7])


def covered(low: np.ndarray, high: np.ndarray, truth: float) -> np.ndarray:
    """Whether each interval holds the truth."""
    return (low <= truth) & (truth <= high)


def customers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Customer of each of n answers: most speak once, some often."""
    return (n * rng.random(n) ** 1.5 * 0.8).astype(int)


def shares(rng: np.random.Generator, reps: int) -> dict[str, float]:
    """Share of texts that say it, 12 %, when some customers say it again and again; Wilson with design effect."""
    hits = 0
    for _ in range(reps):
        who = customers(rng, 300)
        inclined = rng.beta(0.12 * 4, 0.88 * 4, who.max() + 1)
        said = (rng.random(300) < inclined[who]).astype(float)
        means = stats.clustered_means(np.zeros(300, dtype=int), who, said, 1)
        low, high = stats.share_interval(means)
        hits += int(covered(low, high, 12.0)[0])
    return {"share of texts (n = 300, repeated customers)": hits / reps}


def nps(rng: np.random.Generator, reps: int) -> dict[str, float]:
    """NPS and mean rating of small and large groups, customers answering repeatedly in the same mood."""
    found = {}
    for n in (40, 300):
        hits = {"NPS": 0, "rating": 0}
        for _ in range(reps):
            who = customers(rng, n)
            mood = rng.normal(size=who.max() + 1)[who] * 0.6 + rng.normal(size=n) * 0.8  # variance 1
            score = np.where(mood > 0.2533, 100.0, np.where(mood < -0.5244, -100.0, 0.0))  # 40 % and 30 %: NPS 10
            rating = 3.0 + mood
            for name, value, low, high, truth in (("NPS", score, -100, 100, 10.0), ("rating", rating, -9, 9, 3.0)):
                means = stats.clustered_means(np.zeros(n, dtype=int), who, value, 1)
                hits[name] += int(covered(*stats.mean_interval(means, low, high), truth)[0])
        found |= {f"{name} (n = {n}, repeated customers)": hit / reps for name, hit in hits.items()}
    return found


def impacts(rng: np.random.Generator, reps: int) -> dict[str, float]:
    """Leave-out impact I = π d of a theme, rare and frequent, in two sources of different harshness."""
    found = {}
    for share, name in ((0.08, "rare theme, 8 %"), (0.3, "frequent theme, 30 %")):
        hits = 0
        for i in range(reps):
            n = 600
            who = customers(rng, n)
            source = (rng.random(n) < 0.4).astype(int)
            says = rng.random(n) < share * np.where(source == 1, 1.5, 2 / 3)
            mood = rng.normal(size=who.max() + 1)[who] * 0.5 + rng.normal(size=n) * 0.9
            y = 20.0 - 40 * source - 50 * says + 40 * mood
            table = impact.Answers(
                y, np.arange(n), source, np.unique(who, return_inverse=True)[1], np.array(["a", "b"]),
                sparse.csr_matrix(says[:, None].astype(float)), pd.DataFrame({"by": ["touchpoint"], "kind": ["pain"]}),
            )  # fmt: skip
            weights = impact.resampled(int(table.cluster.max()) + 1, 400, i)
            low, high = impact.bootstrap_interval(impact.sums(table, weights).pooled())
            truth = -50 * (0.6 * share * 2 / 3 + 0.4 * share * 1.5)  # within each source, weighted by its answers
            hits += int(covered(low, high, truth)[0])
        found[f"leave-out impact ({name}, n = 600)"] = hits / reps
    return found


def weekly_world(
    rng: np.random.Generator, series: int, alpha: float, ratio: np.ndarray, rate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Counts (series × sources × weeks) and exposure (sources × weeks), built day by day.

    Two sources, one growing, one with a survey campaign of five times its texts in the last two weeks; weekday seasons
    in writing and in complaining; each series' rate bursts by a gamma factor per week (variance `alpha`).
    """
    days = WEEKS * 7
    texts = np.empty((2, days))
    growth = np.linspace(1, 1.6, days)
    texts[0] = rng.poisson(90 * growth * np.tile(WRITING, WEEKS))
    campaign = np.where(np.arange(days) >= days - 14, 5.0, 1.0)
    texts[1] = rng.poisson(40 * campaign * np.tile(WRITING, WEEKS))
    season = np.tile(COMPLAINING, WEEKS) / (COMPLAINING * WRITING).mean() * WRITING.mean()
    bursts = rng.gamma(1 / alpha, alpha, (series, 1, WEEKS)) if alpha else np.ones((series, 1, WEEKS))
    later = np.where(np.arange(WEEKS) >= trends.BASELINE_WEEKS, ratio[:, None], 1.0)[:, None, :]
    harsh = np.array([1.0, 1.8])[None, :, None]
    mean = rate[:, None, None] * harsh * (texts * season)[None]
    daily = rng.poisson(mean * np.repeat(bursts * later, 7, axis=2))
    return daily.reshape(series, 2, WEEKS, 7).sum(axis=3), texts.reshape(2, WEEKS, 7).sum(axis=2)


def alerts(rng: np.random.Generator, reps: int) -> list[dict]:
    """200 series, a tenth of them doubled for four weeks; ours against Z ≥ 1.5 and 3-sigma on the same series."""
    bars = Settings().insight
    rows = []
    for alpha in (0.0, 0.05, 0.1, 0.2):
        tally: dict[str, list[np.ndarray]] = defaultdict(list)
        cover, start = [], len(rows)
        for _ in range(reps):
            rate = rng.uniform(0.01, 0.06, 200)
            ratio = np.where(rng.random(200) < 0.1, 2.0, 1.0)
            counts, exposure = weekly_world(rng, 200, alpha, ratio, rate)
            table = trends.rate_tests(trends.compare_weeks(counts, exposure))
            q = stats.benjamini_hochberg(table["p"].to_numpy())
            big = ((table["ratio"] >= bars.alert_ratio) & (table["recent"] >= bars.alert_min_count)).to_numpy()
            flags = {"cxnlp": (q <= bars.alert_fdr) & big, "cxnlp, alert_fdr 0.05": (q <= 0.05) & big}
            for what, weekly in (("counts", counts.sum(axis=1)), ("rates", counts.sum(axis=1) / exposure.sum(axis=0))):
                base = weekly[:, : trends.BASELINE_WEEKS]
                z = (weekly[:, -1] - base.mean(axis=1)) / base.std(axis=1, ddof=1)  # the latest week, as vendors do
                flags |= {f"Z >= 1.5 on {what}": z >= 1.5, f"3-sigma on {what}": z >= 3}
            for name, flag in flags.items():
                tally[name].append(
                    np.array([flag[ratio > 1].sum(), (ratio > 1).sum(), flag[ratio == 1].sum(), flag.sum()])
                )
            cover.append((table["low"] <= ratio) & (ratio <= table["high"]))
        for name, found in tally.items():
            true, planted, false, flagged = np.sum(found, axis=0)
            each = [f[2] / max(f[3], 1) for f in found]
            row = {"bursts": alpha, "rule": name, "power": true / planted, "fdr": float(np.mean(each))}
            rows.append({**row, "false_per_run": false / reps, "flagged": int(flagged)})
        rows[start]["ratio_coverage"] = float(np.mean(cover))
    return rows


def seasons(rng: np.random.Generator, reps: int) -> list[dict]:
    """200 series, a fifth doubled in the same four weeks of both years, a tenth doubled this year only."""
    bars, rows = Settings().insight, []
    exposure = np.full((1, WEEKS), 600)
    for alpha in (0.0, 0.05):
        tally: dict[str, list[np.ndarray]] = defaultdict(list)
        for _ in range(reps):
            rate = rng.uniform(0.01, 0.06, 200)
            yearly, ratio = (np.where(rng.random(200) < share, 2.0, 1.0) for share in (0.2, 0.1))
            years = []
            for factor in (yearly, yearly * ratio):
                bursts = rng.gamma(1 / alpha, alpha, (200, WEEKS)) if alpha else np.ones((200, WEEKS))
                later = np.where(np.arange(WEEKS) >= trends.BASELINE_WEEKS, factor[:, None], 1.0)
                counts = rng.poisson(600 * rate[:, None] * later * bursts)
                years.append(trends.compare_weeks(counts[:, None], exposure))
            known = {f"ago_{c}": years[0][c] for c in ("recent", "baseline", "expected")}
            for name, table in (("without last year", years[1]), ("with last year", years[1].assign(**known))):
                table = trends.rate_tests(table)
                q = stats.benjamini_hochberg(table["p"].to_numpy())
                big = ((table["ratio"] >= bars.alert_ratio) & (table["recent"] >= bars.alert_min_count)).to_numpy()
                flag = (q <= bars.alert_fdr) & big
                tally[name].append(
                    np.array([flag[ratio > 1].sum(), (ratio > 1).sum(), (flag & (ratio == 1)).sum(), flag.sum()])
                )
        for name, found in tally.items():
            true, planted, _, _ = np.sum(found, axis=0)
            fdr = float(np.mean([f[2] / max(f[3], 1) for f in found]))
            rows.append({"bursts": alpha, "rule": name, "power": true / planted, "fdr": fdr})
    return rows


def lifts(rng: np.random.Generator, reps: int) -> dict[str, float]:
    """Segment lifts: 4 values × 30 themes, 5 % of the pairs doubled; false discovery, power, coverage."""
    false = true = planted = found = 0
    cover, rates = [], []
    settings = Settings()
    for _ in range(reps):
        n = 4000
        who = customers(rng, n)
        value = rng.integers(0, 4, who.max() + 1)[who]
        ratio = np.where(rng.random((4, 30)) < 0.05, 2.0, 1.0)
        inclined = rng.gamma(4, 1 / 4, (who.max() + 1, 30))
        says = rng.random((n, 30)) < np.clip(0.05 * ratio[value] * inclined[who], 0, 1)
        facts = SimpleNamespace(texts=pd.DataFrame({"cluster": who}), settings=settings)
        names = pd.DataFrame({"segment": "city", "segment_value": list("abcd")})
        unit, theme = np.nonzero(says)
        texts = Members(unit, theme, pd.DataFrame({"touchpoint": [str(i) for i in range(30)]}))
        table, pair = lift._table(facts, Members(np.arange(n), value, names), texts)
        flag = (stats.benjamini_hochberg(table["p_value"].to_numpy()) <= 0.05) & (table["value"] > 1).to_numpy()
        share = np.bincount(value, minlength=4) / n
        others = (ratio * share[:, None]).sum(axis=0) - ratio * share[:, None]
        truth = (ratio / (others / (1 - share)[:, None])).ravel()[pair]
        real = truth > 1.05
        cover.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
        rates.append((flag & ~real).sum() / max(flag.sum(), 1))
        planted, true = planted + (truth > 1.5).sum(), true + (flag & (truth > 1.5)).sum()
        false, found = false + (flag & ~real).sum(), found + flag.sum()
    return {
        "coverage": float(np.mean(cover)),
        "fdr": float(np.mean(rates)),
        "power": true / planted,
        "flagged": int(found),
    }


def show(coverage: dict[str, float], found: list[dict], segment: dict[str, float]) -> None:
    """The table for people."""
    bursts = {
        f"rate ratio of a trend (bursts {r['bursts']})": r["ratio_coverage"] for r in found if "ratio_coverage" in r
    }
    print("95 % intervals: how often they hold the truth")
    for name, value in (coverage | bursts | {"lift of a segment": segment["coverage"]}).items():
        print(f"  {name:58} {100 * value:5.1f} %")
    print("\nAlerts: 200 series, a tenth doubled for four weeks; growth, a survey campaign, Saturday-week season, and")
    print(f"  {'bursts (variance of rates)':28} {'rule':20} {'power':>8} {'false discovery':>16} {'false a run':>12}")
    for row in found:
        numbers = f"{100 * row['power']:7.1f}% {100 * row['fdr']:15.1f}% {row['false_per_run']:12.2f}"
        print(f"  {row['bursts']:<28} {row['rule']:20} {numbers}")
    power, fdr = 100 * segment["power"], 100 * segment["fdr"]
    print(f"\nSegment lifts (5 % of pairs doubled): power {power:.1f} %, false discovery {fdr:.1f} %")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates")
    scale = 10 if parser.parse_args().quick else 1
    started, rng = time.time(), np.random.default_rng(20260)
    coverage: dict[str, float] = {}
    for study, reps in ((shares, 4000), (nps, 4000), (impacts, 1500)):
        coverage |= study(rng, reps // scale)
    found = alerts(rng, 60 // scale or 1)
    segment = lifts(rng, 60 // scale or 1)
    yearly = seasons(np.random.default_rng(20261), 60 // scale or 1)
    show(coverage, found, segment)
    print("\nYearly season: a fifth of the series doubles every year in these weeks, a tenth really doubles")
    for row in yearly:
        numbers = f"{100 * row['power']:7.1f}% {100 * row['fdr']:15.1f}%"
        print(f"  {row['bursts']:<28} {row['rule']:20} {numbers}")
    RESULTS.parent.mkdir(exist_ok=True)
    seconds = round(time.time() - started)
    RESULTS.write_text(
        json.dumps(
            {"coverage": coverage, "alerts": found, "lifts": segment, "seasons": yearly, "seconds": seconds}, indent=1
        )
    )
    print(f"{seconds} s; numbers in {RESULTS.relative_to(Path(__file__).parent.parent)}")


if __name__ == "__main__":
    main()
