"""`cxnlp corrections`: what people corrected, as a table, as gold for training, and from an edited workbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxnlp.options import Config, Out

if TYPE_CHECKING:
    from cxnlp.stages.run import Run

app = typer.Typer(help="What people corrected: list it, export it for training, import it.", no_args_is_help=True)
Who = Annotated[str | None, typer.Option("--who", help="Who corrected; default: your account")]


@app.command("list")
def list_command(
    last: Annotated[int, typer.Option(help="How many, newest first")] = 20, config: Config = None, out: Out = None
) -> None:
    """Who changed what, newest first."""
    from rich.console import Console
    from rich.table import Table

    log = open_lake(config, out).lake.read("corrections").sort_values("at", ascending=False)
    table = Table("when", "who", "from", "text", "what", "old", "new", title=f"{len(log):,} corrections")
    for row in log.head(last).to_dict("records"):
        told = json.loads(row["changes"] or "[]") or [{"what": "found right", "old": "", "new": ""}]
        for change in told:
            ends = (_short(change[end]) for end in ("old", "new"))
            table.add_row(f"{row['at']:%Y-%m-%d %H:%M}", row["who"], row["origin"], row["feedback_id"][:8],
                          change["what"], *ends)  # fmt: skip
    Console().print(table)


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="JSONL in the labelled format")],
    split: Annotated[
        bool, typer.Option(help="Write TO without, and dev.jsonl beside it with, the fifth kept for judging")
    ] = False,
    config: Config = None,
    out: Out = None,
) -> None:
    """Write the latest correction of every text as a labelled text that says who, when and from where."""
    from cxnlp.console import say
    from cxnlp.corrections import gold

    found = gold.records(open_lake(config, out).lake.read("corrections"))
    kept = [r for r in found if gold.held_out(r)] if split else []
    gold.write([r for r in found if r not in kept], to)
    if split:
        gold.write(kept, to.with_name("dev.jsonl"))
    languages = ", ".join(f"{sum(r['lang'] == t for r in found):,} {t}" for t in ("fa", "en"))
    say(f"{len(found):,} corrected texts ({languages}) written to {to}" + (f", {len(kept)} of them aside" * split))


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="report.xlsx with the sheet `mentions` edited")],
    who: Who = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be corrected")] = False,
    config: Config = None,
    out: Out = None,
) -> None:
    """Take the cells that were changed in a report's workbook as corrections; bad rows are told and left alone."""
    import pandas as pd

    from cxnlp import taxonomy
    from cxnlp.console import say
    from cxnlp.corrections import sheet
    from cxnlp.corrections.labels import changes, row
    from cxnlp.stages import corrections as stage

    run = open_lake(config, out)
    cells = sheet.read(file)
    known = stage.readings(run, [str(f) for f in cells["feedback_id"].dropna().unique()])
    current = {feedback_id: found for feedback_id, (found, _) in known.items()}
    ids = {m["mention_id"]: f for f, found in current.items() for m in found["mentions"]}
    edited = sheet.edited(cells, current, ids, taxonomy.load(run.settings.taxonomy_path))
    now, name, rows = pd.Timestamp.now("UTC"), who or account(), []
    for feedback_id, new in edited.labels.items():
        old, version = known[feedback_id]
        if told := changes(old, new):
            rows.append(row(feedback_id, old, new, at=now, who=name, origin="xlsx", model_version=version))
            for change in told:
                say(f"{feedback_id[:8]} {change['what']}: {_short(change['old'])} → {_short(change['new'])}")
    for number, reason in sorted(edited.rejected):
        say(f"row {number} set aside: {reason}")
    applied = dry_run or stage.record(run, rows)
    say(f"{len(rows)} texts {'would be ' * dry_run}corrected, {edited.unchanged:,} rows unchanged, "
        f"{len(edited.rejected)} set aside" + ("" if applied else "; a run is writing and will show them"))  # fmt: skip


def open_lake(config: Path | None, out: Path | None) -> Run:
    """The run of a lake that exists."""
    from cxnlp.config import load
    from cxnlp.lake import Lake
    from cxnlp.stages.run import Run

    settings = load(config, out=out)
    return Run(settings, Lake.of(settings).require())


def account() -> str:
    """Name of the account that runs this."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without accounts
        return "unknown"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "–" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
