"""From the lake to the report: seconds of findings and report, and the size of the page, on a lake that exists.

    cxnlp run --raw ../shared/raw --config examples/exports/cxnlp.toml --out LAKE     # once
    python -m benchmarks.findings LAKE [--config examples/exports/cxnlp.toml] [--raw ../shared/raw] [--profile]

The report goes to a folder of its own; the lake is not written to. Bars: insight and report under 60 s together,
report.html under 15 MB.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from pathlib import Path

from cxnlp import insight, report
from cxnlp.config import Settings, load
from cxnlp.lake import Lake
from cxnlp.pipeline import open_run
from cxnlp.stages.findings import segment


def measure(settings: Settings, folder: Path) -> dict[str, float]:
    """Wall and CPU seconds of each step, and the megabytes and rows they make."""
    lake, figures = Lake(settings.lake_uri), {}
    clock = [time.perf_counter(), time.process_time()]

    def lap(step: str) -> None:
        now = [time.perf_counter(), time.process_time()]
        figures[step], figures[f"{step} (CPU)"] = now[0] - clock[0], now[1] - clock[1]
        clock[:] = now

    feedback, topics, rejected = (lake.read(t) for t in ("feedback", "topics", "rejected"))
    mentions = lake.read("mentions").drop(columns="vector")
    lap("reading the lake")
    segments = segment(open_run(settings), feedback)
    lap("segments")
    found = insight.find(feedback, mentions, topics, segments, settings, as_of=feedback["created_at"].max())
    lap("insight")
    at = (feedback, mentions, topics, found, rejected, segments, settings)
    page = report.write(*at, {"results": {}}, folder)
    lap("report")
    figures |= {"report.html MB": page.stat().st_size / 1e6, "texts": len(feedback), "mentions": len(mentions)}
    return figures | {"insights": len(found)}


def main() -> None:
    """Measure, and print a line per figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--config", type=Path, default=Path("examples/exports/cxnlp.toml"))
    parser.add_argument("--raw", type=Path, default=Path("../shared/raw"))
    parser.add_argument("--profile", action="store_true", help="the 40 slowest functions too")
    parser.add_argument("--keep", type=Path, help="folder for the report")
    given = parser.parse_args()
    settings = load(given.config, raw=given.raw, out=given.lake)
    with tempfile.TemporaryDirectory() as folder, cProfile.Profile(time.process_time) as profile:
        if not given.profile:
            profile.disable()
        figures = measure(settings, given.keep or Path(folder))
    for name, value in figures.items():
        print(f"{name:24} {value:10,.1f}")
    steps = ("reading the lake", "segments", "insight", "report")
    print(f"{'from the lake':24} {sum(figures[s] for s in steps):10,.1f} s, {figures['report.html MB']:.1f} MB of HTML")
    if given.profile:
        pstats.Stats(profile).sort_stats("cumtime").print_stats("cxnlp", 60)


if __name__ == "__main__":
    main()
