"""What a person at a terminal sees: a progress bar per stage and the summary at the end."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cxnlp.pipeline import Summary


def say(line: str) -> None:
    """One line on standard output, without markup."""
    from rich.console import Console

    Console(highlight=False, markup=False, soft_wrap=True).print(line)


class Bars:
    """A rich progress bar per stage; call it with (stage, done, total)."""

    def __enter__(self) -> Self:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns)
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()
        return self

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` of a stage are done."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._progress.stop()


def show_summary(summary: Summary) -> None:
    """Rows per source, rejected by reason, mentions, topics, seconds per stage, and the path of the report."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    result = summary.results
    columns = ["read", "retained", "kept", "duplicates", "rejected"]
    rows = Table("source", *columns, title="Rows: read + retained = kept + duplicates + rejected", title_justify="left")
    sources = result["ingest"]["sources"]
    for source, counts in sources.items():
        rows.add_row(source, *(f"{counts[c]:,}" for c in columns))
    rows.add_section()
    rows.add_row("all", *(f"{sum(c[k] for c in sources.values()):,}" for k in columns))
    console.print(rows)
    if any(c["open"] for c in sources.values()):
        console.print("[bold red]The counts above do not add up; please report this with the lake's `files` table.[/]")
    for warning in result["ingest"]["warnings"]:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(result["ingest"]["rejected"].items())) or "none"
    console.print(f"set aside: {reasons} (table `rejected`)")
    if wordless := result["ingest"].get("wordless"):
        console.print(f"{wordless:,} of the kept rows are answers without words: they count in scores alone")
    read = result["annotate"]
    console.print(f"model {read['model']}: {read['texts']:,} texts read now, {read['mentions']:,} mentions in the lake")
    topics = result["topics"]
    rest = "–" if topics["unassigned"] is None else f"{topics['unassigned']:.0%}"
    console.print(f"topics: {topics['topics']} in {topics['themes']} themes, {rest} of mentions unassigned")
    for sign in result["insight"].get("drift", ()):
        console.print(f"drift: {sign}", style="yellow", markup=False)
    if result["insight"].get("drift"):
        console.print(drift_advice(), style="yellow", markup=False)
    console.print("seconds: " + ", ".join(f"{stage} {s:.1f}" for stage, s in summary.seconds.items()))
    console.print(f"report: {summary.report}", soft_wrap=True)


def drift_advice() -> str:
    """What to do when what comes in is no longer what the model learned to read."""
    return (
        "Look at the newest texts (`cxnlp label`), then retrain: `cxnlp train --corrections` or the flow train-models."
    )


def summary_markdown(summary: Summary) -> str:
    """The same summary as Markdown, for Prefect's artifacts."""
    columns = ["read", "retained", "kept", "duplicates", "rejected"]
    lines = ["| source | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for source, counts in summary.results["ingest"]["sources"].items():
        lines.append(f"| {source} | " + " | ".join(f"{counts[c]:,}" for c in columns) + " |")
    lines.append("")
    lines += [f"- {stage}: {seconds:.1f} s" for stage, seconds in summary.seconds.items()]
    lines.append(f"- report: `{summary.report}`")
    return "\n".join(lines)
