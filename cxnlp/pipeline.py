"""The corridor, one direction: START READING HERE.

    data/raw/* → ingest → feedback → annotate → mentions → topics → insight → report

`run` walks STAGES in order. A stage takes a `Run` (settings, lake, progress), does what is new, commits it to the lake
and says what it did; running it again changes nothing, and a killed run is finished by the next one. The same functions
are the tasks of flows/mine_feedback.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cxnlp.config import Settings
from cxnlp.errors import LakeError
from cxnlp.lake import Lake
from cxnlp.stages.annotate import annotate
from cxnlp.stages.decisions import decisions
from cxnlp.stages.findings import insight, report, write
from cxnlp.stages.ingest import ingest
from cxnlp.stages.run import Progress, Run, quiet
from cxnlp.stages.topics import topics

Stage = Callable[[Run], dict[str, Any]]

STAGES: dict[str, Stage] = {
    "ingest": ingest,  # raw files → feedback (personal data masked, duplicates marked) | rejected
    "annotate": annotate,  # feedback → its sentiment, and mentions with their vectors
    "topics": topics,  # mentions → topics that keep their identity
    "insight": insight,  # everything → findings with n, interval and evidence
    "report": report,  # findings → HTML, XLSX, Parquet, Markdown
}


@dataclass
class Summary:
    """What a run did: one result and the seconds of each stage."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def report(self) -> str | None:
        """Path of the report."""
        return self.results.get("report", {}).get("path")


def run(settings: Settings, progress: Progress = quiet, *, wait: float = 0) -> Summary:
    """Mine everything new below `settings.raw` into the lake `settings.out` and write the report.

    Raises CxnlpError for a mistake that the user can mend; LakeError if another run is at work for more than
    `wait` seconds.
    """
    summary = Summary()
    with open_run(settings, progress).lake.lock(wait):
        for name in STAGES:
            run_stage(name, settings, summary, progress)
    return summary


def report_of(settings: Settings, at: datetime | None = None) -> Path:
    """Path of a report of the lake as it is, corrections and decisions included, or as it was at an instant.

    Nothing is read from the raw folder. An old state is written with today's configuration and taxonomy; LakeError
    where there was nothing yet, or where it is no longer kept ([privacy] history_days).
    """
    if at is None:
        summary = Summary()
        with open_run(settings).lake.require().lock():
            for name in ("insight", "report"):
                run_stage(name, settings, summary)
        return Path(str(summary.report))
    run = Run(settings, Lake.of(settings, at).require())
    if run.lake.read("insights", ["insight_id"]).empty:
        raise LakeError(f"at {at:%Y-%m-%d %H:%M} the lake held no findings yet; name a later time")
    return write(run, decisions(run), f"as-of-{at:%Y%m%dT%H%M%S}")


def open_run(settings: Settings, progress: Progress = quiet) -> Run:
    """Settings, lake and progress as the stages need them."""
    return Run(settings, Lake.of(settings), progress)


def run_stage(name: str, settings: Settings, summary: Summary, progress: Progress = quiet) -> None:
    """One stage, by name; its result and seconds are added to `summary`."""
    started = time.perf_counter()
    at_work = open_run(settings, progress)
    summary.results[name] = STAGES[name](at_work.with_earlier(summary.results, summary.seconds))
    summary.seconds[name] = time.perf_counter() - started
