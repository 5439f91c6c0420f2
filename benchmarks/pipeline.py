"""Speed and peak memory of a whole run, per stage, on the real exports; and of a second run, which has nothing to do.

    python -m benchmarks.pipeline [--raw ../shared/raw] [--config examples/exports/cxnlp.toml] [--out DIR] [--json FILE]

Timed: each stage in one process, model loading and imports included. Peak memory: the largest resident set while the
stage ran (VmHWM, reset before it). Texts: customers' texts, as the model reads them. Beside it, in the same run: an
XLM-R-base classifier as people run it (see ``benchmarks.speed``), for sentiment alone, on texts of the same exports.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

from cxnlp import pipeline
from cxnlp.config import load

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_mb() -> float:
    """Largest resident set since the last reset, in MiB."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def run_once(settings) -> dict[str, dict[str, float]]:
    """Seconds and peak memory of each stage."""
    summary, figures = pipeline.Summary(), {}
    for stage in pipeline.STAGES:
        CLEAR.write_text("5")
        cpu = time.process_time()
        pipeline.run_stage(stage, settings, summary)
        figures[stage] = {
            "seconds": summary.seconds[stage],
            "cpu_seconds": time.process_time() - cpu,
            "peak_mb": peak_mb(),
        }
        print(f"  {stage:9} {figures[stage]['seconds']:8.1f} s  {figures[stage]['peak_mb']:8.0f} MiB", flush=True)
    figures["all"] = {
        "seconds": sum(f["seconds"] for f in figures.values()),
        "peak_mb": max(f["peak_mb"] for f in figures.values()),
        "texts": summary.results["annotate"]["texts"],
        "counts": summary.results["ingest"]["sources"],
    }
    return figures


def classifier_rate(shared: Path, n: int = 96) -> float:
    """Texts a second of the XLM-R-base pipeline, fp32, batch 16, order of arrival."""
    from benchmarks.speed import classifier, export_texts
    from cxnlp.config import Settings
    from cxnlp.registry import resolve

    run, texts = (
        classifier(resolve("reader", Settings().models).path / "tokenizer.json", False),
        export_texts(shared, n),
    )
    run(texts[:16])
    began = time.perf_counter()
    run(texts)
    return len(texts) / (time.perf_counter() - began)


def main() -> None:
    """Run twice into an empty lake and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--raw", type=Path, default=Path("../shared/raw"))
    arguments.add_argument("--config", type=Path, default=Path("examples/exports/cxnlp.toml"))
    arguments.add_argument("--out", type=Path, help="an empty folder to keep the lake in, for benchmarks.findings")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    print(f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} cores")
    with tempfile.TemporaryDirectory() as out:
        settings = load(given.config, raw=given.raw, out=given.out or Path(out))
        print("first run")
        first = run_once(settings)
        print("second run, nothing new")
        second = run_once(settings)
    whole = first["all"]
    slowest = max(pipeline.STAGES, key=lambda s: first[s]["seconds"])
    print(
        f"texts {whole['texts']:,}; {whole['texts'] / whole['seconds']:.0f} texts/s overall; slowest stage: {slowest}"
    )
    rival = classifier_rate(given.raw.parent)
    ratio = whole["texts"] / whole["seconds"] / rival
    print(f"XLM-R-base pipeline, sentiment alone: {rival:.1f} texts/s; the whole job is {ratio:.1f} times as fast")
    print(f"peak {whole['peak_mb']:.0f} MiB; second run {second['all']['seconds'] / whole['seconds']:.1%} of the first")
    for source, counts in whole["counts"].items():
        print(f"  {source:16} " + "  ".join(f"{k} {v:,}" for k, v in counts.items()))
    if given.json:
        given.json.write_text(json.dumps({"first": first, "second": second}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
