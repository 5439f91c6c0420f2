"""The three stages that may run over Ray Data, beside this process: texts a second with 1, 2 and 4 workers, in one run.

    python -m benchmarks.ray [--shared ../shared] [--texts 4000] [--batch 250] [--workers 1 2 4] [--json FILE]

Timed: from batches to finished tables, the loading of the model and the start of its workers included (`first`: seconds
until the first batch is there), Ray's own start not.
CPU seconds are those of this process and everything below it (Ray's daemons too), which hold on a busy machine; "here"
are those of this process alone, which feeds all workers and so says how many of them it can feed.
annotate and redact (which also normalises and tells the language) read texts of the real exports; assign places ten
times as many mentions (random unit vectors of 384 half floats), in batches ten times as large, among 400 topics.
parse is what no worker can do: raw files to rows. Results must be those of one thread of this process, as the lake
stores them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.speed import export_texts
from cxnlp import ingest, tables
from cxnlp.config import Engine, Settings, load
from cxnlp.engine import Work, slices, spread, start_ray
from cxnlp.registry import resolve
from cxnlp.stages.ingest import _masked
from cxnlp.stages.reader import Reader
from cxnlp.stages.topics import _assigned
from cxnlp.topics.vectors import to_bytes

TOPICS, WIDTH = 400, 384
COLUMNS = ("per_s", "per_cpu_s", "per_cpu_s_here", "first_s")
Rates = dict[str, dict[str, dict[str, float]]]
Job = tuple[Work, list[Any], tuple[Any, ...], tuple[str, ...], int]  # work, batches, given, tables, rows


def jobs(texts: list[str], batch: int) -> dict[str, Job]:
    """The work of each stage and its batches."""
    local, larger = Settings(engine=Engine(batch=batch)), Settings(engine=Engine(batch=10 * batch))
    ids = [f"{i:032x}" for i in range(len(texts))]
    rows = pd.DataFrame({"feedback_id": ids, "text": texts, "language": "fa"})
    empty = [tables.empty(name) for name in ("feedback", "feedback", "rejected")]
    dice = np.random.default_rng(0)
    vectors = [to_bytes(v) for v in dice.normal(size=(10 * len(texts) + TOPICS, WIDTH))]
    kinds = ["pain", "praise", "request", "question"]
    mentions = pd.DataFrame(
        {
            "mention_id": [f"{i:032x}" for i in range(10 * len(texts))],
            "kind": dice.choice(kinds, 10 * len(texts)),
            "vector": vectors[TOPICS:],
        }
    )
    registry = pd.DataFrame(
        {
            "topic_id": [f"T{i:04}" for i in range(TOPICS)],
            "level": "topic",
            "status": "active",
            "merged_into": None,
            "kind": kinds[:2] * (TOPICS // 2),
            "centroid": vectors[:TOPICS],
            "threshold": 0.1,
        }
    )
    feedback = rows.drop(columns="language").assign(customer_id=None, attributes=None)
    masking = [(fresh, *empty) for (fresh,) in slices(feedback, local)]
    folder = resolve("reader", Settings().models)
    named = ("feedback", "feedback", "feedback", "rejected")
    return {
        "annotate": (Reader, list(slices(rows, local)), (folder, 1), ("feedback", "mentions"), len(rows)),
        "redact": (_masked, masking, (local,), named, len(rows)),
        "assign": (_assigned, list(slices(mentions, larger)), (registry,), ("mentions",), len(mentions)),
    }


def cpu_seconds() -> float:
    """CPU seconds of this process and of all processes below it, dead ones included."""
    tick, parents, spent = os.sysconf("SC_CLK_TCK"), {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = int(stat.parent.name), stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended while we looked
            continue
        parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / tick
    total = 0.0
    for pid in spent:
        above = pid
        while above != os.getpid() and above in parents:
            above = parents[above]
        total += spent[pid] if above == os.getpid() else 0
    return total


def parsing(shared: Path) -> dict[str, float]:
    """Rates at which this process turns raw files into the rows that workers mask: first batch of each file."""
    settings = load(Path("examples/exports/cxnlp.toml"), raw=shared / "raw")
    settings = settings.model_copy(update={"engine": Engine(batch=2000)})
    rows, began, here = 0, time.perf_counter(), time.process_time()
    for file in ingest.discover(settings).files:
        rows += next(ingest.read(file, settings)).read
    per_cpu_s = rows / (time.process_time() - here)
    return {"per_s": rows / (time.perf_counter() - began), "per_cpu_s": per_cpu_s, "per_cpu_s_here": per_cpu_s}


def timed(job: Job, settings: Settings) -> tuple[dict[str, float], list[Any]]:
    """Rates of a job on an engine, and its results as the lake stores them."""
    work, batches, given, named, rows = job
    began, cpu, here = time.perf_counter(), cpu_seconds(), time.process_time()
    found, first = [], 0.0
    for made in spread(work, batches, settings, *given):
        first = first or time.perf_counter() - began
        found.append(made)
    seconds = time.perf_counter() - began
    spent, here = cpu_seconds() - cpu, time.process_time() - here
    stored = [[tables.conform(frame, table) for frame, table in zip(made, named)] for made in found]
    rates = {"per_s": rows / seconds, "per_cpu_s": rows / spent, "per_cpu_s_here": rows / here, "first_s": first}
    return rates, stored


def measure(shared: Path, texts: list[str], batch: int, counts: list[int]) -> Rates:
    """job → engine → rates; printed as they come."""
    work = jobs(texts, batch)
    made: Rates = {name: {} for name in ("parse", *work)}
    expected = {}

    def note(name: str, where: str, rates: dict[str, float]) -> None:
        made[name][where] = rates
        print(f"{name:9} {where:24} " + " ".join(f"{rates[c]:11,.1f}" for c in COLUMNS), flush=True)

    print(f"{'':34} " + " ".join(f"{c:>11}" for c in COLUMNS))
    note("parse", "this process, 1 thread", parsing(shared) | {"first_s": 0})
    for name, job in work.items():
        timed((*job[:1], job[1][:1], *job[2:4], batch), Settings())  # what is imported and read once
        rates, expected[name] = timed(job, Settings())
        note(name, "this process, 1 thread", rates)
    task, batches, (folder, _), *rest = work["annotate"]
    note("annotate", "this process, all cores", timed((task, batches, (folder, None), *rest), Settings())[0])  # type: ignore[arg-type]
    for workers in counts:
        settings = Settings(engine=Engine(name="ray", workers=workers, batch=batch))
        ray = start_ray(settings)
        for name, job in work.items():
            if not isinstance(job[0], type):  # whose processes begin anew with each job
                timed((*job[:1], job[1][: 2 * workers], *job[2:]), settings)
            rates, found = timed(job, settings)
            note(name, f"Ray, {workers} workers", rates)
            assert found == expected[name], f"{name} over Ray differs from {name} in this process"
        ray.shutdown()
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(f"{platform.machine()}, {cores} cores, load {load:.1f} before; {given.texts} texts, batches of {given.batch}")
    made = measure(given.shared, export_texts(given.shared, given.texts), given.batch, given.workers)
    print("the same rows everywhere; peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB here")
    if given.json:
        machine = f"{cores} cores, {platform.machine()}, load {load:.1f}"
        told = {"machine": machine, "texts": given.texts, "batch": given.batch, "rates": made}
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
